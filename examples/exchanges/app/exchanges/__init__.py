"""Direct, fanout and topic exchanges with pika: a log system, each part a program of its own."""
