#!/bin/bash
# Makes a repository of tiny rpms in this test host, which has dnf as a guest: hutch needs libhutch, warren needs hutch.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends dnf rpm createrepo-c >/dev/null
mkdir -p /srv/rpms /etc/yum.repos.d

# build NAME VERSION: reads the rest of the spec.
build() {
  {
    printf 'Name: %s\nVersion: %s\nRelease: 1\nSummary: A test\nLicense: MIT\nBuildArch: noarch\nAutoReqProv: no\n' "$1" "$2"
    cat
  } >"/tmp/$1.spec"
  rpmbuild --quiet -bb --define '_rpmdir /srv/rpms' --define '_build_name_fmt %%{NAME}-%%{VERSION}.rpm' "/tmp/$1.spec"
}
build libhutch 1.0 <<'S'
Provides: /bin/sh
%description
A library.
%files
S
for version in 1.0 2.0; do
  build hutch "$version" <<'S'
Requires: libhutch >= 1.0
%description
A program with configuration, data and an account.
%pre
getent passwd hutch >/dev/null || useradd --system --home-dir /var/lib/hutch --shell /sbin/nologin hutch
%install
install -d %{buildroot}/etc/hutch %{buildroot}/var/lib/hutch
echo original >%{buildroot}/etc/hutch/hutch.conf
%files
%config(noreplace) /etc/hutch/hutch.conf
%dir /var/lib/hutch
S
done
build warren 1.0 <<'S'
Requires: hutch
%description
Somebody else's.
%files
S
createrepo_c --quiet /srv/rpms
