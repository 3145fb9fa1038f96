#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# network=internet: from inside of a sandbox the internet is reached, and
# nothing else; network=none: nothing, and failures say why.  The host, its
# engine and the world around it are the test's own (Sandbox::Host).

use warnings;
use strict;

use JSON::PP ();
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Host;
use Sandbox::Snippet;

alarm 900;

my $script = root_dir() . '/tools/sandbox-network';
my $limits = 'memory=512m cpus=2 pids=200 sleep_after=10m';

my $host = Sandbox::Host->new();
$ENV{SANDBOX_NETWORK_CONFIG} = "$host->{dir}/settings";

$host->engine_start();
my $loaded = $host->image('sandbox-base');

my $t = Sandbox->new(engine => $host->engine(), classes => [
    "default image=sandbox-base network=internet $limits",
    "closed image=sandbox-base network=none $limits",
], workers => 2);


# without the rules

my ($good, $out) = $t->check_conf();
ok(!$good, 'network=internet is refused where the rules are not');
like($out, qr/class "default".*run "nginx-sandbox-network install"/,
    'and says what to run');

($good, $out) = network('check');
ok(!$good, 'check fails');
like($out, qr/no table "inet nginx_sandbox"/, 'it misses the rules');
like($out, qr/no network "nginx-sandbox"/, 'it misses the network');
like($out, qr/run: \S+ install/, 'and says what to run');

($good, $out) = network('remove');
ok($good, 'remove, with nothing to remove') or diag($out);

my %before = (rules => ruleset(), networks => networks());


# with them, the same however often

for my $round (1, 2) {
    ($good, $out) = network('install');
    ok($good, "install, round $round") or diag($out);
    ($good, $out) = network('check');
    ok($good, "check, round $round") or diag($out);
    $before{installed} //= ruleset();
    is(ruleset(), $before{installed}, "the same rules, round $round");
}

($good, $out) = $t->check_conf();
ok($good, 'network=internet is accepted') or diag($out);

# each of its sandboxes may ask for each of its addresses

my ($bits) = `docker network inspect nginx-sandbox -f '{{range .IPAM.Config}}{{.Subnet}}{{end}}'` =~ m{/(\d+)};
my ($neighbours) = slurp(root_dir() . '/conf/sysctl.conf')
    =~ /^net\.ipv4\.neigh\.default\.gc_thresh3 = (\d+)$/m;
cmp_ok((2 ** (32 - $bits) - 3) ** 2, '<', $neighbours,
    'sandboxes cannot fill the table of neighbours');

{
    my $out = `cd / && setpriv --reuid nobody --clear-groups $t->{nginx} -t -p $t->{dir}/ -e stderr -c $t->{dir}/nginx.conf 2>&1`;
    like($out, qr/\[warn\].*not running as root/, 'nginx -t of another user');
    unlike($out, qr/\[emerg\].*rules/, 'which is no error of that');
}

$t->start();


# what is there

my $gateway = `ip -4 -o addr show dev sandbox0`;
($gateway) = $gateway =~ m{inet ([\d.]+)/} or die "no gateway: $gateway\n";

my @open = (['198.51.100.7', 80]);
my @refused;

push @refused, [$_, 80] for @Sandbox::Host::PRIVATE, '10.66.0.2',
    '198.51.100.130';
push @refused, [$_, 2375] for host_addresses();
push @refused, ['10.66.0.53', 54], ['0.0.0.0', 2375], ['255.255.255.255', 80];
push @refused, [$gateway, $t->{port}], [$gateway, 2376];

my @refused6 = map { [$_, 80] } @Sandbox::Host::PRIVATE6,
    '::ffff:10.77.0.5', '::ffff:169.254.169.254';

# an engine's socket over TCP, and an app of the engine's own, published: the
# host answers on these at each of its addresses

$host->child(sub {
    print "ready\n";
    exec 'python3', '-c', <<'PY';
import socket, threading
def serve(port):
    s = socket.socket(socket.AF_INET6)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    s.bind(("::", port))
    s.listen(50)
    while True:
        c, _ = s.accept()
        c.close()
for port in (2375, 54):
    threading.Thread(target=serve, args=(port,)).start()
PY
});
$loaded->();
`docker run -d --init --name published -p 2376:80 sandbox-base python3 -m http.server 80 2>&1`;

for my $name (host_addresses()) {
    ok(wait_for(sub { Sandbox::Host::reach($name, 2375) }, 30),
        "control: the host reaches $name");
}
ok(wait_for(sub { Sandbox::Host::reach($gateway, 2376) }, 60),
    'control: the published app is there');
ok(Sandbox::Host::reach(@$_), "control: the host reaches $_->[0]")
    for @open, (grep { $_->[1] == 80 && $_->[0] !~ /^(?:255|0\.|240)/ }
        @refused);


# other sandboxes

start_other();
my $other = address('other');
ok(Sandbox::Host::reach($other, 8000), 'control: the other sandbox serves');
push @refused, [$other, 8000];

inside('at first');


# the rules are what refuses

{
    `nft delete table inet nginx_sandbox`;
    my %found = probe('one', ['10.77.0.5', 80], [$gateway, 2375]);
    is($found{'10.77.0.5 80'}, 'open', 'control: without rules, private');
    is($found{"$gateway 2375"}, 'open', 'control: without rules, the host');
    is(link_local('one'), 'open', 'control: without rules, the host by IPv6')
        if $host->{ipv6};

    ($good, $out) = network('check');
    ok(!$good && $out =~ /no table/, 'check sees that they are gone');
    ok((network('install'))[0], 'install brings them back');
    ok((network('check'))[0], 'and check agrees');
    %found = probe('one', ['10.77.0.5', 80], [$gateway, 2375]);
    is(join(' ', values %found), 'refused refused', 'refused again');
}

flows('at first');

# whoever changes one rule is found out

for my $change (
    ['delete element inet nginx_sandbox private4 { 10.0.0.0/8 }',
        qr/lack: set private4: 10\.0\.0\.0/],
    ['add element inet nginx_sandbox allowed4 { 10.1.1.1 . tcp . 22 }',
        qr/have: set allowed4: 10\.1\.1\.1 . tcp . 22/],
    ['flush chain inet nginx_sandbox input', qr/lack: chain input: iifname/],
    ['insert rule inet nginx_sandbox sandbox accept',
        qr/have: chain sandbox: accept/])
{
    `nft '$change->[0]' 2>&1`;
    ($good, $out) = network('check');
    ok(!$good, "check fails after: $change->[0]");
    like($out, $change->[1], 'and says why');
    network('install');
    ok((network('check'))[0], 'install mends it');
}


# what people do with it

{
    my $bare = "$host->{dir}/www/repo.git";
    my $made = `exec 2>&1; cd $host->{dir} && git init -q tree && cd tree
        echo content >file && git add file
        git -c user.name=a -c user.email=a\@b commit -q -m first
        cd .. && git clone -q --bare tree $bare
        cd $bare && git update-server-info`;

    SKIP: {
        skip "no git here: $made", 2 if ! -e "$bare/info/refs";
        my $res = $t->exec('one', ['git', 'clone', '-q',
            'http://world.test/repo.git', '/tmp/repo'], timeout_ms => 60000);
        is($res->{exit}, 0, 'git clone') or diag($res->{stderr});
        is($t->run_in('one', 'cat /tmp/repo/file'), "content\n",
            'and there it is');
    }
}

{
    my $res = $t->exec('one', ['sh', '-c', 'mkdir -p /tmp/n && cd /tmp/n '
        . "&& npm install --registry $host->{registry} is-number\@7.0.0 2>&1"],
        timeout_ms => 180000);
    is($res->{exit}, 0, 'npm install from its registry')
        or diag($res->{stdout});
    is($t->run_in('one', 'cd /tmp/n && node -e '
        . q{'console.log(require("is-number")(42))'}), "true\n",
        'and it is used');
}

{
    my $res = $t->exec('one', ['sh', '-c', wheel('/tmp/wheels')
        . ' && pip install --no-index --break-system-packages '
        . '--find-links /tmp/wheels sandbox-demo 2>&1'],
        timeout_ms => 120000);
    is($res->{exit}, 0, 'pip install from a local directory')
        or diag($res->{stdout});
    is($t->run_in('one',
        'python3 -c "import sandbox_demo; print(sandbox_demo.x)"'), "42\n",
        'and it is used');
}


# an engine that starts anew

$host->engine_stop();
$host->engine_start();

($good, $out) = network('check');
ok($good, 'the rules and the network outlive the engine') or diag($out);

start_other();
@refused = grep { $_->[1] != 8000 } @refused;
push @refused, [address('other'), 8000];
`docker start published 2>&1`;
ok(wait_for(sub { Sandbox::Host::reach($gateway, 2376) }, 60),
    'control: the published app is there again');

inside('after a restart of the engine');


# an exception

{
    Sandbox::spew($ENV{SANDBOX_NETWORK_CONFIG}, "ALLOW=tcp:10.77.0.5:80\n");
    ok(!(network('check'))[0], 'check misses the exception');
    ok((network('install'))[0], 'install makes it');
    my %found = probe('one', ['10.77.0.5', 80], ['10.77.0.5', 54],
        ['172.31.7.5', 80]);
    is_deeply(\%found, { '10.77.0.5 80' => 'open',
        '10.77.0.5 54' => 'refused', '172.31.7.5 80' => 'refused' },
        'one port of one private address');
    Sandbox::spew($ENV{SANDBOX_NETWORK_CONFIG}, "ALLOW=10.77.0.5\n");
    ($good, $out) = network('install');
    ok(!$good && $out =~ /like tcp:/, 'an exception that is none');
    unlink $ENV{SANDBOX_NETWORK_CONFIG};
    documented($_) for Sandbox::Snippet::of('t/network.t');
    unlink $ENV{SANDBOX_NETWORK_CONFIG};
    ok((network('install'))[0], 'no exception any more');
    %found = probe('one', ['10.77.0.5', 80]);
    is($found{'10.77.0.5 80'}, 'refused', 'refused again');
}


# network=none

{
    my $res = $t->api('POST', '/v1/sandbox',
        json => { id => 'shut', class => 'closed' });
    is($res->{status}, 200, 'a sandbox without a network')
        or diag($res->{body});
    is($t->run_in('shut', q{awk 'NR > 2 { print $1 }' /proc/net/dev}),
        "lo:\n", 'it has loopback and nothing else');
    my %found = probe('shut', @open, $refused[0], [$gateway, 2375]);
    is(join(' ', sort values %found), 'refused refused refused',
        'and reaches nothing');

    my $hint = qr/^sandbox: this sandbox has no network/m;

    for my $command ('curl -sS http://world.test/hello',
        'git clone http://world.test/repo.git /tmp/r',
        'pip download --retries 0 --disable-pip-version-check -d /tmp/d six',
        'npm install --fetch-retries 0 --prefix /tmp/n is-number')
    {
        my ($name) = split / /, $command;
        my $res = $t->exec('shut', ['sh', '-c', $command],
            timeout_ms => 120000);
        isnt($res->{exit}, 0, "$name fails");
        like($res->{stderr}, $hint, "$name: and is explained")
            or diag($res->{stderr});
    }
}


# the engine's network goes, and what is said of it

{
    $t->api('DELETE', "/v1/sandbox/$_") for qw/one other/;
    wait_for(sub { !grep { `docker inspect -f '{{.HostConfig.NetworkMode}}' $_`
        =~ /nginx-sandbox/ } $t->containers() }, 60);

    defined $t->run_in('last', 'true') or die "no last sandbox\n";
    ($good, $out) = network('remove');
    ok(!$good, 'remove refuses while a sandbox uses it');
    like($out, qr/1 containers belong/, 'and says so');
    ok((network('check'))[0], 'nothing was removed');

    $t->api('DELETE', '/v1/sandbox/last');
    ok(wait_for(sub { (network('remove'))[0] }, 60), 'remove');
    is(ruleset(), $before{rules}, 'no rule is left');
    is(networks(), $before{networks}, 'no network is left');
    is(`ip -o link show dev sandbox0 2>/dev/null`, '', 'no bridge is left');

    my $res = $t->exec('late', ['true']);
    is($res->{status}, 500, 'a sandbox whose network is gone');
    like($res->{json}{message}, qr/run "nginx-sandbox-network install"/,
        'says what to run');

    # the reload is refused, what runs goes on
    kill 'HUP', $t->{master};
    ok(wait_for(sub { $t->log_text() =~ /class "default".*run "nginx-/ }, 30),
        'a reload without the rules is refused');
    is($t->api('GET', '/v1/sandbox')->{status}, 200, 'nginx goes on');

    ok((network('install'))[0], 'install');
    is($t->exec('late', ['touch', '/tmp/kept'])->{exit}, 0, 'and it starts');

    # a network that somebody has removed from under a sandbox asleep

    `docker stop -t 0 @{[$t->container_of('late')]} 2>&1`;
    ($good, $out) = network('remove');
    ok(!$good && $out =~ /1 containers belong/, 'remove counts one asleep')
        or diag($out);
    `docker network rm nginx-sandbox 2>&1`;
    $res = $t->exec('late', ['true']);
    is($res->{status}, 500, 'it does not start');
    like($res->{json}{message}, qr/run "nginx-sandbox-network install"/,
        'and says what to run');
    `docker network create nginx-sandbox 2>&1`;
    $res = $t->exec('late', ['true']);
    is($res->{status}, 500, 'not in another network of that name');
    `docker network rm nginx-sandbox 2>&1`;
    ($good, $out) = network('install');
    ok($good, 'install takes it in') or diag($out);
    is($t->exec('late', ['ls', '/tmp/kept'])->{exit}, 0,
        'it starts, with its files');
    my %found = probe('late', @open, $refused[0]);
    is_deeply(\%found, { '198.51.100.7 80' => 'open',
        "@{$refused[0]}" => 'refused' }, 'and with the rules');
    $t->api('DELETE', '/v1/sandbox/late');
}


# the same by iptables, for kernels without nf_tables

SKIP: {
    skip 'no iptables of the older kind here', 1
        if system('iptables-legacy -t mangle -S >/dev/null 2>&1') != 0;

    ok(wait_for(sub { (network('remove'))[0] }, 60), 'remove once more');
    Sandbox::spew($ENV{SANDBOX_NETWORK_CONFIG}, "BACKEND=iptables\n");
    my $chains = chains();

    for my $round (1, 2) {
        ($good, $out) = network('install');
        ok($good, "iptables: install, round $round") or diag($out);
        ($good, $out) = network('check');
        ok($good, "iptables: check, round $round") or diag($out);
        is(ruleset(), $before{rules}, 'and no table of nftables');
    }

    ($good, $out) = $t->check_conf();
    ok($good, 'iptables: network=internet is accepted') or diag($out);

    start_other();
    @refused = grep { $_->[1] != 8000 } @refused;
    push @refused, [address('other'), 8000];
    inside('by iptables');
    flows('by iptables', "BACKEND=iptables\n");

    `iptables-legacy -t mangle -D NGINX-SANDBOX -d 10.0.0.0/8 -j DROP`;
    ($good, $out) = network('check');
    ok(!$good && $out =~ /missing in mangle: -A NGINX-SANDBOX -d 10\.0/,
        'iptables: check misses one rule') or diag($out);
    `iptables-legacy -I NGINX-SANDBOX-HOST -j ACCEPT`;
    ($good, $out) = network('check');
    ok(!$good && $out =~ /NGINX-SANDBOX-HOST has/,
        'iptables: and finds one too many') or diag($out);

    $t->api('DELETE', "/v1/sandbox/$_") for qw/one other/;
    ok(wait_for(sub { (network('remove'))[0] }, 60), 'iptables: remove');
    is(chains(), $chains, 'iptables: nothing is left');
    unlink $ENV{SANDBOX_NETWORK_CONFIG};
    ($good, $out) = $t->check_conf();
    ok(!$good, 'iptables: and network=internet is refused');
}

push @{$t->{allow}}, qr/the firewall rules are not installed/;
$t->done();


# ---- what is asked from inside

# the connections of one sandbox, which the host keeps for a while

sub flows
{
    my ($when, $settings) = @_;
    my $kept = sub {
        Sandbox::slurp("/proc/sys/net/netfilter/nf_conntrack_count");
    };

    Sandbox::spew($ENV{SANDBOX_NETWORK_CONFIG}, ($settings // '')
        . "FLOWS=200\n");
    my ($good, $out) = network('install');
    ok($good, "$when: a limit of connections") or diag($out);

    my $before = $kept->();
    $t->run_in('one', 'python3 -c "import socket; '
        . 's = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); '
        . '[s.sendto(b\'x\', (\'198.51.100.7\', p)) '
        . 'for p in range(2000, 4000)]"');
    my $after = $kept->();

    cmp_ok($after - $before, '>', 150, "$when: connections are kept");
    cmp_ok($after - $before, '<', 400, "$when: not more than may be");
    my %found = probe('other', @open);
    is($found{"@{$open[0]}"}, 'open', "$when: another sandbox has its own");
    ok((network('check'))[0], "$when: check is content");

    Sandbox::spew($ENV{SANDBOX_NETWORK_CONFIG}, $settings // '');
    unlink $ENV{SANDBOX_NETWORK_CONFIG} if !defined $settings;
    ok((network('install'))[0], "$when: the limit as ever");
    %found = probe('one', @open);
    is($found{"@{$open[0]}"}, 'open', "$when: and the sandbox goes on");
}


sub inside
{
    my ($when) = @_;
    my %found = probe('one', @open, @refused, @refused6);

    is($found{"@$_"}, 'open', "$when: $_->[0] port $_->[1] is reached")
        for @open;
    is($found{"@$_"}, 'refused', "$when: $_->[0] port $_->[1] is not")
        for @refused, @refused6;

    is($t->run_in('one', 'curl -sS http://world.test/hello'),
        "hello from the world\n", "$when: by name, and with an answer");

    my $text = $t->run_in('one', 'cat /proc/net/if_inet6');
    is(join(' ', grep { !/ lo$/ } split /\n/, $text), '',
        "$when: no IPv6 address but loopback's");

    # what a tenant cannot do: give itself an address of IPv6

    SKIP: {
        skip 'no IPv6 here', 1 if !$host->{ipv6};
        is(link_local('one'), 'refused', "$when: the host by IPv6");
    }
}


# the host's link-local address, from a sandbox that was given IPv6

sub link_local
{
    my ($id) = @_;
    my $enter = 'nsenter -n -t ' . $t->agent_pid($id);
    my ($link) = `ip -6 -o addr show dev sandbox0` =~ m{(fe80:[^/]+)}
        or return 'no address of the bridge';

    # at once, without asking first whether another has the address
    `$enter sysctl -q -w $_ 2>&1`
        for map { "net.ipv6.conf.eth0.$_" } qw/accept_dad=0 disable_ipv6=0/;
    wait_for(sub { `$enter ip -6 addr show dev eth0` =~
        /fe80(?!.*tentative)/ }, 30) or return 'no address of its own';

    my $failed = system("$enter timeout 10 python3 -c 'import socket; "
        . "socket.create_connection((\"$link%eth0\", 2375), 3)' "
        . ">/dev/null 2>&1");
    `$enter sysctl -q -w net.ipv6.conf.eth0.disable_ipv6=1 2>&1`;
    return $failed ? 'refused' : 'open';
}


# connects from inside of that sandbox, to all at once: "open" is a
# connection, and nothing else is

sub probe
{
    my ($id, @targets) = @_;
    my $list = JSON::PP::encode_json([map { [$_->[0], $_->[1] + 0] }
        @targets]);
    my $res = $t->exec($id, ['python3', '-c', <<'PY', $list],
import concurrent.futures, json, socket, sys
def one(t):
    try:
        socket.create_connection((t[0], t[1]), 5).close()
        return "open"
    except OSError as e:
        return "refused"
targets = json.loads(sys.argv[1])
with concurrent.futures.ThreadPoolExecutor(40) as pool:
    for t, r in zip(targets, pool.map(one, targets)):
        print(t[0], t[1], r)
PY
        timeout_ms => 120000);

    diag("probe: $res->{status} $res->{stderr} " . ($res->{body} // ''))
        if ($res->{exit} // 1) != 0;
    return map { /^(.*) (\w+)$/ ? ($1 => $2) : () }
        split /\n/, $res->{stdout};
}


# another sandbox, with a server that listens on all of its addresses

sub start_other
{
    defined $t->run_in('other', 'cd /tmp; nohup python3 -m http.server 8000 '
        . '>/dev/null 2>&1 </dev/null & for i in $(seq 100); do '
        . 'curl -s -o /dev/null 127.0.0.1:8000 && exit 0; sleep 0.1; done; '
        . 'exit 1') or die "no server in the other sandbox\n";
}


# docs/network.md: its settings, and its commands while a sandbox is awake

sub documented
{
    my ($snippet) = @_;
    my $name = "$snippet->{file}:$snippet->{line}";

    if ($snippet->{text} =~ m{^# /etc/default/}) {
        Sandbox::spew($ENV{SANDBOX_NETWORK_CONFIG}, $snippet->{text});
        ok((network('install'))[0], "$name: the settings");
        my (undef, $shown) = network('show');
        like($shown, qr/\Q$_\E/, "$name: $_ is in the rules")
            for $snippet->{text} =~ /(\d+\.\d+\.\d+\.\d+)/g;
        return;
    }

    for my $command ($snippet->{text} =~ /^nginx-sandbox-network (\w+)/mg) {
        my ($good, $out) = network($command);
        is($good ? 1 : 0, $command eq 'remove' ? 0 : 1, "$name: $command")
            or diag($out);
    }
}


sub network
{
    my ($command) = @_;
    my $out = `$script $command 2>&1`;
    return ($? == 0, $out);
}


# every chain of iptables's, and every rule

sub chains
{
    return join '', map { my $ipt = $_; map { scalar `$ipt-legacy -t $_ -S` }
        qw/mangle filter/ } qw/iptables ip6tables/;
}


sub ruleset { return scalar `nft -s list table inet nginx_sandbox 2>&1` }


sub networks
{
    return join ' ', sort split /\n/,
        `docker network ls --format '{{.Name}}'`;
}


sub host_addresses
{
    return map { m{ inet ([\d.]+)/} && $1 !~ /^127\./ ? $1 : () }
        split /\n/, `ip -4 -o addr show`;
}


sub address
{
    my ($id) = @_;
    my $name = $t->container_of($id);
    my $text = `docker inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' $name`;
    $text =~ /([\d.]{7,})/ or die "no address of $id\n";
    return $1;
}


# shell that builds a small wheel, with nothing but Python's own library

sub wheel
{
    my ($dir) = @_;
    return <<"END" . ':';
mkdir -p $dir && python3 - <<'PY'
import zipfile
info = "sandbox_demo-1.0.dist-info/"
with zipfile.ZipFile("$dir/sandbox_demo-1.0-py3-none-any.whl", "w") as z:
    z.writestr("sandbox_demo.py", "x = 42\\n")
    z.writestr(info + "METADATA",
        "Metadata-Version: 2.1\\nName: sandbox-demo\\nVersion: 1.0\\n")
    z.writestr(info + "WHEEL",
        "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    z.writestr(info + "RECORD", "")
PY
END
}
