package Sandbox::Kind;

# Copyright (C) the ngx_sandbox authors

# Engines of every kind that tools/engine-private knows: one for a test, and
# all that a sandbox is for, tried on it.

use warnings;
use strict;

use JSON::PP ();
use MIME::Base64 ();
use Test::More;

use Sandbox;
use Sandbox::Engine;
use Sandbox::Image;
use Sandbox::SSE;

# of the workers, and so half of it in a sandbox: soon reached
our $FILES = 2000;

my %NEEDS = (
    plain => ['dockerd'],
    remapped => ['dockerd'],
    rootless => [qw/dockerd rootlesskit slirp4netns newuidmap/],
    podman => ['podman'],
);


# an engine of that kind that runs containers, with the image busybox; "docker"
# reaches it from then on.  Skips the test, with the reason, where this machine
# cannot have one.

sub engine
{
    my ($kind) = @_;

    plan(skip_all => 'the image has no library that a sanitized agent needs')
        if sanitized();

    for my $program (@{$NEEDS{$kind}}) {
        plan(skip_all => "$program is not installed")
            if !grep { -x "$_/$program" } split /:/, $ENV{PATH};
    }

    my $image = Sandbox::Image::busybox();
    my $engine = Sandbox::Engine->new(kind => $kind);

    if (!eval { $engine->start(); 1 }) {
        my ($why) = $@ =~ /(\S[^\n]*)\s*\z/;
        plan(skip_all => "no engine of kind \"$kind\" starts here: $why");
    }

    $engine->load($image);
    $ENV{DOCKER_HOST} = $engine->host();

    my $out = `docker run --rm --network none $image true 2>&1`;

    if ($?) {
        my ($why) = $out =~ /(\S[^\n]*)\s*\z/;
        plan(skip_all => "\"$kind\" runs no container here: $why");
    }

    return ($engine, $image);
}


# ids of the host that a sandbox has, as the kernel writes them: "inside
# outside count" for each range

sub map_of
{
    my ($t, $id) = @_;
    return join ', ', map { join ' ', split } split /\n/,
        $t->run_in($id, 'cat /proc/self/uid_map');
}


# a sandbox from its first command to its end

sub all_of_it
{
    my ($t, $id) = @_;
    my $res;

    $res = $t->exec($id, ['sh', '-c', 'echo out; echo err >&2; exit 3']);
    is("$res->{status} $res->{exit}", '200 3', 'a command')
        or diag($res->{body});
    is("$res->{stdout}$res->{stderr}", "out\nerr\n", 'its output');
    is($res->{headers}{'sandbox-start'}, 'create', 'in a new sandbox');

    is($t->api('POST', "/v1/sandbox/$id/api/session/create",
        json => { id => 's', cwd => '/srv' })->{status}, 200, 'a session');
    for ('X=kept; pwd', 'echo $X') {
        $res = $t->api('POST', "/v1/sandbox/$id/api/execute",
            json => { command => $_, sessionId => 's' });
        is($res->{json}{stdout}, /pwd/ ? '/srv' : 'kept', "\"$_\" in it");
    }

    is($t->put($id, 'workspace/f', 'content')->{status}, 200,
        'a file is written');
    is($t->get($id, 'workspace/f')->{body}, 'content', 'and read');

    my $status = $t->run_in($id, 'cat /proc/self/status');
    like($status, qr/^CapBnd:\s+00000000000000fb$/m,
        'it has the capabilities that it is to have');
    like($status, qr/^NoNewPrivs:\s+1$/m, 'and gets no new ones');
    like($status, qr/^Seccomp:\s+2$/m, 'its system calls are filtered');
    isnt($t->exec($id, ['unshare', '-U', 'true'])->{exit}, 0,
        'and no user namespace is made');
    is($t->run_in($id, q{awk 'NR > 2 { print $1 }' /proc/net/dev}), "lo:\n",
        'it has no network');

    my $url = $t->expose($id, 8080);
    $res = $t->exec($id, ['sh', '-c', 'mkdir -p /srv/www && echo page '
        . '>/srv/www/index.html && httpd -p 127.0.0.1:8080 -h /srv/www']);
    is($res->{exit}, 0, 'an app');
    ok(wait_for(sub { $t->preview('GET', $url)->{status} == 200 }, 30),
        'its preview');
    is($t->preview('GET', $url)->{body}, "page\n", 'is the app\'s');

    my $shown = $t->api('GET', "/v1/sandbox/$id")->{json};
    is($shown->{state}, 'running', 'shown as running');
    limits($t, $id, $shown);

    is($t->api('POST', "/v1/sandbox/$id/sleep")->{status}, 200,
        'put to sleep');
    ok(wait_for(sub {
        $t->api('GET', "/v1/sandbox/$id")->{json}{state} eq 'asleep';
    }, 30), 'asleep');
    is($t->preview('GET', $url)->{status}, 410, 'its preview: 410');
    $res = $t->exec($id, ['cat', '/workspace/f']);
    is($res->{stdout}, 'content', 'its files are kept');
    is($res->{headers}{'sandbox-start'}, 'wake', 'it was woken');

    is($t->api('DELETE', "/v1/sandbox/$id")->{status}, 204, 'destroyed');
    ok(wait_for(sub { !$t->containers() }, 30), 'no container is left');
}


# what SECURITY.md says of tenants and the kernel's counters.  shared: two
# sandboxes have the same users, to the kernel

sub tenants
{
    my ($t, %o) = @_;
    my $uid = (getpwnam 'nginx-sandbox')[2];
    my $program = Sandbox::slurp(Sandbox::Image::program('counters'));

    for my $id ('a', 'b') {
        $t->put($id, 'workspace/counters', $program);
        $t->run_in($id, 'chmod 755 /workspace/counters');
    }

    my @map = map { [split] } split /, /, map_of($t, 'a');
    is(scalar(grep { $uid >= $_->[1] && $uid < $_->[1] + $_->[2] } @map), 0,
        'nobody in a sandbox can become the workers\' user');

    my %r = map { split ' ' } split /\n/,
        $t->run_in('a', '/workspace/counters calls');
    is($r{$_}, 'EPERM', "$_: refused")
        for qw/unshare-user clone-user vsock alg io-uring/;

    my $hold = $t->exec_start('a', ['/workspace/counters', 'inflight', 12345,
        2 * $FILES]);
    $hold->head();
    my $sse = Sandbox::SSE->new($hold);
    my $said = '';
    while ($said !~ /in-flight/) {
        my $e = $sse->next(60) or last;
        $said .= MIME::Base64::decode_base64($e->{data});
    }
    like($said, qr/^in-flight [1-9]\d*$/m,
        'one has as many descriptors in flight as may be');

    my ($in_flight) = ($t->exec('b', ['timeout', 5, '/workspace/counters',
        'inflight', 12345, 250])->{stdout} // '') =~ /in-flight (\d+)/;
    is($in_flight, $o{shared} ? 0 : 250, 'the same user of another has '
        . ($o{shared} ? 'none left' : 'its own'));

    is($t->run_in('c', 'echo new'), "new\n", 'nginx makes another sandbox');
    $hold->close();

    is($t->exec('b', ['sh', '-c', 'echo >>/etc/hosts'])->{exit}, 0,
        '/etc/hosts can be written, by every engine');
}


# a limit that the engine does not enforce is not shown; neither is usage that
# would be the host's

sub limits
{
    my ($t, $id, $shown) = @_;
    my %info = %{JSON::PP::decode_json(
        Sandbox::docker(q{info --format '{{json .}}'}))};

    for (['memory', 'MemoryLimit', 64 << 20], ['pids', 'PidsLimit', 64],
        ['cpus', 'CpuCfsQuota', 1])
    {
        my ($name, $enforced, $limit) = @$_;
        my $is = $shown->{limits}{$name};

        if ($info{$enforced}) {
            is($is, $limit, "$name: shown as limited");
        } else {
            is($is, undef, "$name: not limited here, and not shown");
        }
    }

    if ($info{CgroupDriver} eq 'none') {
        is($shown->{usage}, undef, 'usage would be the host\'s: not shown');
        ok(wait_for(sub {
            $t->log_text() =~ /does not enforce "memory=" "pids=" "cpus=" of/;
        }, 30), 'and nginx tells of all that');
        return;
    }

    cmp_ok($shown->{usage}{pids}, '<', 20, 'what it uses is its own');
    unlike($t->log_text(), qr/does not enforce/, 'nginx has no more to tell');

    isnt($t->exec($id, ['sh', '-c', 'head -c 200m /dev/zero | tail'])->{exit},
        0, 'there is no more memory');
    isnt($t->exec($id, ['sh', '-c',
        'for i in $(seq 100); do sleep 1 & done'])->{exit}, 0,
        'and there are no more processes');
    ok(wait_for(sub { ($t->exec($id, ['true'])->{exit} // 1) == 0 }, 30),
        'until some have ended');
}


1;
