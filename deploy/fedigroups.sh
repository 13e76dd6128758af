#!/bin/bash
# /usr/local/bin/fedigroups: a command beside the service, as its user and with its settings.
# systemd puts variables in place of $NAME, and $ in place of $$.
exec systemd-run --quiet --pipe --wait --collect \
    -p DynamicUser=yes -p User=fedigroups \
    -p StateDirectory=fedigroups -p StateDirectoryMode=0700 -p UMask=0077 \
    -p EnvironmentFile=/etc/fedigroups.env -p WorkingDirectory=/var/lib/fedigroups \
    -E FEDIGROUPS_DATA_DIR=/var/lib/fedigroups \
    -- /opt/fedigroups/bin/fedigroups "${@//\$/\$\$}"
