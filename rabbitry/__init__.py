"""What the verbs of `inv` do: reads JSON documents, starts Ansible, prints."""
