#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: engine

# docs/operating.md on a fresh Debian 12: "make install", nginx.conf.example
# with a domain of one's own, a first sandbox and its preview, and "make
# uninstall", which leaves nothing.  The machine is a folder with namespaces of
# its own; only the engine is this machine's.

use warnings;
use strict;

use File::Temp ();
use Test::More;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Sandbox;

my $socket = '/var/run/docker.sock';
plan skip_all => "no engine at $socket" unless -S $socket;
plan skip_all => 'no mmdebstrap' if system('command -v mmdebstrap >/dev/null');

my $dir = File::Temp::tempdir('/tmp/sbx-install-XXXXXX');
my $machine = "$dir/machine";
my $state = "$dir/state";
my $src = "$machine/usr/src/ngx_sandbox";
my ($group) = (stat $socket)[5];

chmod 0755, $dir;
mkdir $state;
END { system('rm', '-rf', '--one-file-system', $dir) if $dir }

# the packages that "make install" would have apt bring

my ($build) = slurp(root_dir() . '/tools/deps') =~ /\[build\]="([^"]*)"/;
my @packages = map { s/.*://r } split ' ', $build;

shell('a fresh Debian 12', join ' ', 'mmdebstrap --variant=minbase --quiet',
    '--include=' . join(',', @packages, qw/make openssl curl iproute2/),
    'bookworm', $machine, sources());
shell('a group docker, as the package docker.io has it',
    "chroot $machine groupadd --system --non-unique --gid $group docker");
mkdir "$machine$dir";
shell('the sources', "mkdir -p $src $machine$state && cd " . root_dir()
    . " && tar -c --exclude=./build --exclude=node_modules . | tar -x -C $src");

spew("$machine/newcomer", <<'END' =~ s/STATE/$state/gr);
set -eu
cd /usr/src/ngx_sandbox
ip link set lo up

files() {
    find / -xdev \( -path /proc -o -path /sys -o -path /run -o -path /tmp \
        -o -path /dev -o -path /usr/src -o -path /var/log \) -prune \
        -o ! -type d ! -path '/etc/*-' -print | sort
}

step() { echo "step $1"; }

files >/tmp/before
step install
make install VIEWER=none
step installed

# docs/operating.md: nginx.conf.example with one's own domain, and a key
install -m 0600 /dev/null /etc/nginx/sandbox.keys
key=$(openssl rand -hex 24)
echo "me:$key" >>/etc/nginx/sandbox.keys
mkdir /etc/nginx/tls
openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=sandbox.test \
    -addext 'subjectAltName=DNS:api.sandbox.test,DNS:*.preview.sandbox.test' \
    -keyout /etc/nginx/tls/sandbox.test.key \
    -out /etc/nginx/tls/sandbox.test.crt 2>/dev/null
cp /etc/nginx/nginx.conf /tmp/nginx.conf
sed -e 's/example\.com/sandbox.test/g' -e 's|/var/lib/nginx-sandbox|STATE|' \
    /usr/share/doc/nginx-sandbox/nginx.conf.example >/etc/nginx/nginx.conf
chown nginx-sandbox STATE
nginx -t
step configured
nginx
step running

call() {
    path=$1
    shift
    curl -sS --cacert /etc/nginx/tls/sandbox.test.crt --connect-to ::127.0.0.1: \
        -H "Authorization: Bearer $key" "https://api.sandbox.test$path" "$@"
}

call /v1/sandbox/demo/api/execute --json '{"command":"echo $((6 * 7))"}'
echo
step executed
echo hello | call /v1/sandbox/demo/file/workspace/index.html -T -
echo
url=$(call /v1/sandbox/demo/ports --json '{"port":8000,
    "command":"python3 -m http.server"}' | sed 's/.*"url":"\([^"]*\)".*/\1/')
echo "url $url"
curl -sS --cacert /etc/nginx/tls/sandbox.test.crt --connect-to ::127.0.0.1: "$url"
step previewed
call /v1/openapi.html -o /dev/null -w 'page %{http_code}\n'
call /v1/sandbox/demo -X DELETE -w 'destroyed %{http_code}\n'
nginx -s quit
for i in $(seq 300); do [ -e /run/nginx.pid ] || break; sleep 0.1; done
step stopped

cp /tmp/nginx.conf /etc/nginx/nginx.conf
rm -r /etc/nginx/sandbox.keys /etc/nginx/tls
make uninstall
nginx -t
files >/tmp/after
diff /tmp/before /tmp/after | sed -n 's/^>/left/p; s/^</lost/p'
step uninstalled
getent passwd nginx-sandbox | cut -d: -f1
END

# /proc/sys is that of this machine

my $inside = "mount -t proc proc $machine/proc"
    . " && mount -o bind,ro /proc/sys $machine/proc/sys"
    . " && mount -t sysfs -o ro sysfs $machine/sys"
    . " && mount --bind $state $machine$state"
    . " && touch $machine/run/docker.sock"
    . " && mount --bind $socket $machine/run/docker.sock"
    . " && exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root"
    . " chroot $machine bash /newcomer";
my $out = `unshare --mount --net --pid --fork --kill-child sh -c '$inside' 2>&1`;

is($?, 0, 'every command succeeds') or diag($out);
like($out, qr/^step $_$/m, $_) for qw/installed configured running executed
    previewed stopped uninstalled/;
like($out, qr/^user nginx-sandbox: adding it$/m, 'the user of the workers');
like($out, qr/^\{"success":true,"exitCode":0,"stdout":"42"/m,
    'a command of a first sandbox');
like($out, qr{^url https://8000-demo-\w+\.preview\.sandbox\.test/$}m, 'a link');
like($out, qr/^hello$/m, 'which shows what it serves');
like($out, qr/^page 404$/m, 'no page, as it was built without');
like($out, qr/^destroyed 204$/m, 'destroyed');

my ($after) = $out =~ /^step stopped$(.*)^step uninstalled$/ms;
is(join("\n", $after =~ /^((?:left|lost) .*)$/mg), '', 'no file is left');
like($out, qr{^nginx-sandbox\n\z}m, 'but the user');

done_testing();


sub shell
{
    my ($name, $command) = @_;
    my $text = `($command) 2>&1`;
    is($?, 0, $name) or BAIL_OUT(substr $text, -3000);
}


# the mirrors of this machine, if it is a Debian 12

sub sources
{
    my $lines = `apt-get indextargets --format '\$(ORIGIN) \$(SITE) \$(RELEASE) \$(COMPONENT)' 'Created-By: Packages' 2>/dev/null`;
    my %deb = map { /^Debian (\S+) (bookworm\S*) main$/ ? ("'deb $1 $2 main'" => 1)
        : () } split /\n/, $lines;
    return sort keys %deb;
}
