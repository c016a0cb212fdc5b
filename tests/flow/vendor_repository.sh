#!/bin/bash
# Makes a signed apt repository of RabbitMQ's vendor's shape in this test host, out of Debian's own packages with
# other versions, and serves it on loopback. Erlang lies beside the broker, as the vendor has none for trixie.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive GNUPGHOME=/srv/vendor/.gnupg
suite=trixie root=/srv/vendor/rabbitmq-server/debian/trixie
erlang=(base asn1 crypto public-key mnesia runtime-tools ssl eldap inets os-mon parsetools syntax-tools tools xmerl)
mkdir -p "$root/pool" "$GNUPGHOME" /srv/vendor/debs
chmod 0700 "$GNUPGHOME"
apt-get update -qq
apt-get install -y -qq --no-install-recommends apt-utils gpg gpg-agent >/dev/null

cd /srv/vendor/debs
chown _apt .
apt-get download -qq rabbitmq-server "${erlang[@]/#/erlang-}"

# repack DEB VERSION: the same files under another version, what depends on exactly the old one too.
repack() {
  local name old
  name=$(dpkg-deb -f "$1" Package) old=$(dpkg-deb -f "$1" Version)
  dpkg-deb -R "$1" "tree-$name"
  sed -i "s/^Version: .*/Version: $2/; s/(= $old)/(= $2)/g" "tree-$name/DEBIAN/control"
  dpkg-deb --root-owner-group -Znone -b "tree-$name" "$root/pool/${name}_${2##*:}.deb" >/dev/null
  rm -r "tree-$name"
}
for deb in erlang-*.deb; do
  repack "$deb" 1:27.3.4.1-1+vendor1
done
repack rabbitmq-server_*.deb 4.0.5-1+vendor1
repack rabbitmq-server_*.deb 4.0.5-1+vendor2
cd /
rm -r /srv/vendor/debs

for key in vendor other; do
  gpg --batch --quiet --passphrase '' --quick-generate-key "$key <$key@localhost>" rsa2048 sign never
done
gpg --armor --export vendor >/srv/vendor/key.asc
gpg --armor --export other >/srv/vendor/other.asc

cd "$root"
mkdir -p "dists/$suite/main/binary-amd64"
apt-ftparchive packages pool >"dists/$suite/main/binary-amd64/Packages"
apt-ftparchive -o "APT::FTPArchive::Release::Suite=$suite" -o "APT::FTPArchive::Release::Codename=$suite" \
  -o APT::FTPArchive::Release::Components=main -o APT::FTPArchive::Release::Architectures=amd64 \
  release "dists/$suite" >Release
gpg --batch --quiet --local-user vendor --clearsign --output "dists/$suite/InRelease" Release
mv Release "dists/$suite/Release"
gpgconf --kill all
cat >/etc/systemd/system/vendor.service <<UNIT
[Service]
ExecStart=/usr/bin/python3 -m http.server --bind 127.0.0.1 --directory /srv/vendor 8099
UNIT
systemctl daemon-reload
systemctl start vendor
