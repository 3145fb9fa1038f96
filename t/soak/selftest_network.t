#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine selftest

# sandbox-selftest and network=internet, on a host of the test's own
# (Sandbox::Host): it passes with the rules, names what no rule refuses any
# more, and lets no packet of its own leave the host.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Sandbox;
use Sandbox::Host;
use Sandbox::Selftest;

plan(skip_all => 'a sanitized agent needs more memory than a class has')
    if sanitized();

alarm 900;

my $script = root_dir() . '/tools/sandbox-network';
my $limits = 'memory=64m cpus=1 pids=64';

my $host = Sandbox::Host->new();
$ENV{SANDBOX_NETWORK_CONFIG} = "$host->{dir}/settings";

$host->engine_start();
$host->image('sandbox-base')->();
network('install');

my $t = Sandbox->new(engine => $host->engine(), workers => 2,
    main => 'worker_rlimit_nofile 8192;', classes => [
    "default image=sandbox-base network=none $limits",
    "internet image=sandbox-base network=internet $limits"])->start();


# what leaves the host for an address that is not the internet's

`nft -f - <<'END'
table ip leaves {
    chain out {
        type filter hook forward priority 100; policy accept;
        iifname "sandbox0" oifname "wan0" counter
    }
}
END`;
is($?, 0, 'packets that leave are counted');

is(tried('default', 'with the rules'), '', 'network=none: nothing fails');
is(tried('internet', 'with the rules'), '', 'network=internet: nothing fails');

# nginx checks that the rules are there, and not what they say

`nft delete table inet nginx_sandbox`;
my ($status, undef, $error) = Sandbox::Selftest::run(
    Sandbox::Selftest::arguments($t));
is($status, 3, 'without the rules: status 3');
like($error, qr/the firewall rules are not installed, run/,
    'and it says what to run');
network('install');

`nft -f - <<'END'
flush table inet nginx_sandbox
add rule inet nginx_sandbox prerouting counter
add rule inet nginx_sandbox input counter
add rule inet nginx_sandbox forward counter
END`;
is(tried('internet', 'with other rules'),
    'host-network metadata-services private-networks',
    'with rules that refuse nothing: what fails');
is(left(), 0, 'and no packet has left the host');

network('install');
`nft delete element inet nginx_sandbox private4 '{ 169.254.0.0/16 }'`;
is(tried('internet', 'without one range'),
    'metadata-services private-networks', 'without one range: what fails');
network('install');

# neighbours on a bridge, whose packets the host's rules do not see

`sysctl -q -w net.bridge.bridge-nf-call-iptables=0`;
is(tried('internet', 'bridged'), 'other-sandboxes',
    'without bridge-nf-call-iptables: what fails');
`sysctl -q -w net.bridge.bridge-nf-call-iptables=1`;

is(tried('internet', 'with the rules again'), '', 'and nothing again');

SKIP: {
    skip 'no iptables of the older kind here', 1
        if system('iptables-legacy -t mangle -S >/dev/null 2>&1') != 0;

    Sandbox::spew($ENV{SANDBOX_NETWORK_CONFIG}, "BACKEND=iptables\n");
    `nft delete table inet nginx_sandbox`;
    network('install');
    is(tried('internet', 'with iptables'), '', 'iptables: nothing fails');
}

is(left(), 0, 'no packet has left the host');
$t->api('POST', '/v1/sandbox', json => { id => 'control',
    class => 'internet' });
is($t->run_in('control', 'curl -sS http://198.51.100.7/hello'),
    "hello from the world\n", 'control: the internet is reached');
cmp_ok(left(), '>', 0, 'control: by packets that are counted');

$t->done();


# the rows that fail

sub tried
{
    my ($class, $when) = @_;
    my ($status, $json) = Sandbox::Selftest::try($t, '--class', $class);
    my @failed = sort(Sandbox::Selftest::rows($json, $class, 'fail'));

    is($status, @failed ? 1 : 0, "$class, $when: the status")
        or diag(map { $_->{error} // () } @{$json->{classes}});
    note("$_: " . Sandbox::Selftest::found($json, $class, $_)) for @failed;
    return "@failed";
}


sub left
{
    my ($n) = `nft list table ip leaves` =~ /counter packets (\d+)/;
    return $n;
}


sub network
{
    my ($command) = @_;
    my $out = `$script $command 2>&1`;
    die "sandbox-network $command: $out" if $?;
}
