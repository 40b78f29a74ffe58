# Installs the Debian package of redis-server, and leaves its service stopped; and the one that a test of other languages
# is made with. Wants root.
# Whoever calls holds a lock, so only the first of several callers finds anything to do.
command -v redis-server >/dev/null && exit 0

export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
fi

# Another apt on the machine may have the lists locked, and mirrors have their bad moments.
for pause in 2 5 0; do
  apt-get update -q
  apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=120 redis-server locales && exit 0
  sleep "$pause"
done
exit 1
