#!/bin/sh
# Install or upgrade Fedigroups on Debian or Ubuntu, from the source that this file is in, or from
# a wheel: install.sh [--domain groups.example --admin 'olga olga@groups.example' --mail ''] [WHEEL]
#
# The program goes into /opt/fedigroups, its settings into /etc/fedigroups.env, its data into
# /var/lib/fedigroups. What is there already stays; a second time upgrades. Run it as root.
set -eu

fail() {
    echo "install.sh: $1" >&2
    exit 1
}

here=$(cd "$(dirname "$0")" && pwd)
target=${TARGET:-/opt/fedigroups}
wheel=
domain= admin= mail= said_mail=
while [ $# -gt 0 ]; do
    case $1 in
        --domain | --admin | --mail) [ $# -gt 1 ] || fail "$1 needs a value" ;;
    esac
    case $1 in
        --domain) domain=$2; shift 2 ;;
        --admin) admin=$2; shift 2 ;;
        --mail) mail=$2 said_mail=yes; shift 2 ;;
        -*) fail "what is $1? See the beginning of this file" ;;
        *) wheel=$1; shift ;;
    esac
done

[ "$(id -u)" = 0 ] || fail "run it as root: sudo $0"
command -v apt-get > /dev/null || fail "this is for Debian and Ubuntu; elsewhere see deploy/handbook/install.md"
if ! python3 -c 'import venv, ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; then
    apt-get update -q
    apt-get install -q -y --no-install-recommends python3 python3-venv
fi
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "Python 3.11 or newer is needed: Debian 12, Ubuntu 24.04, or newer"

[ -x "$target/bin/python" ] || python3 -m venv "$target"
pip() {
    "$target/bin/python" -m pip install --quiet --disable-pip-version-check "$@"
}
pip --require-hashes -r "$here/../requirements/run.txt"
pip --no-deps --force-reinstall "${wheel:-$here/..}"

if [ "$target" != /opt/fedigroups ]; then
    echo "Fedigroups is in $target; units and settings are for /opt/fedigroups and were left alone."
    exit 0
fi
install -m 0644 "$here"/fedigroups.service "$here"/fedigroups-backup.service \
    "$here"/fedigroups-backup.timer /etc/systemd/system/
install -m 0755 "$here/fedigroups.sh" /usr/local/bin/fedigroups
if [ ! -e /etc/fedigroups.env ]; then
    set -- init --settings-only --file /etc/fedigroups.env --data /var/lib/fedigroups
    [ -z "$domain" ] || set -- "$@" --domain "$domain"
    [ -z "$admin" ] || set -- "$@" --admin "$admin"
    [ -z "$said_mail" ] || set -- "$@" --mail "$mail"
    "$target/bin/fedigroups" "$@"
fi
if [ -d /run/systemd/system ]; then
    systemctl daemon-reload
    systemctl enable fedigroups.service fedigroups-backup.timer
    systemctl restart fedigroups.service
    systemctl start fedigroups-backup.timer
fi
echo "Put a proxy with TLS in front (deploy/Caddyfile, deploy/nginx.conf), then: fedigroups doctor"
