#!/bin/sh
# Run a command on a session bus of its own with a real gnome-keyring.
#   keyring_session.sh COMMAND [ARG...]
# KEYRING_HOME    a folder that keeps the keyring between runs (default: a fresh one, removed afterwards)
# KEYRING_LOCKED  1: start with the keyring locked and nobody to ask
# Needs Debian's dbus-daemon and gnome-keyring.
set -eu
if [ -z "${KEYRING_HOME:-}" ]; then
  KEYRING_HOME=$(mktemp -d)
  trap 'rm -rf "$KEYRING_HOME"' EXIT
fi
mkdir -p "$KEYRING_HOME/data" "$KEYRING_HOME/run" "$KEYRING_HOME/config"
chmod 700 "$KEYRING_HOME/run"
export XDG_DATA_HOME="$KEYRING_HOME/data" XDG_RUNTIME_DIR="$KEYRING_HOME/run" XDG_CONFIG_HOME="$KEYRING_HOME/config"
unset DISPLAY WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS
dbus-run-session -- sh -c '
  set -eu
  if [ "${KEYRING_LOCKED:-0}" = 1 ]; then
    gnome-keyring-daemon --start --components=secrets >/dev/null 2>&1
  else
    printf %s "a test" | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
  fi
  tries=0
  until dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets \
      org.freedesktop.DBus.Peer.Ping >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ "$tries" -lt 50 ] || { echo "no Secret Service came up" >&2; exit 70; }
    sleep 0.1
  done
  exec "$@"' session "$@"
