package Sandbox;

# Copyright (C) the ngx_sandbox authors

# The test harness: nginx with the module, several unprivileged workers and a
# state directory of its own, on the real engine.

use warnings;
use strict;

use Cwd ();
use Encode ();
use Exporter 'import';
use Fcntl ':flock';
use File::Basename ();
use File::Path ();
use File::Temp ();
use IO::Socket::INET;
use POSIX ();
use Test::More ();
use Time::HiRes ();

use Sandbox::Client 'exec_result';
use Sandbox::Conf 'default_conf';
use Sandbox::Keep;
use Sandbox::Process qw/running title children memory/;
use Sandbox::Unfit;
use parent -norequire, 'Sandbox::Client';

our @EXPORT = qw/wait_for free_port root_dir build_dir sanitized nginx_version
    slurp spew engine_kind engine_enforces/;

my $ROOT = Cwd::abs_path(File::Basename::dirname(__FILE__) . '/../..');
our $PROXY = "$ROOT/conf/sandbox_proxy.conf";
my $USER = 'nginx-sandbox';
my $PID = $$;
my @INSTANCES;

$SIG{PIPE} = 'IGNORE';
$SIG{INT} = $SIG{TERM} = $SIG{HUP} = sub { exit 1 };

sub root_dir { $ROOT }

sub build_dir
{
    my $dir = "$ROOT/build/test";
    File::Path::make_path($dir);
    return $dir;
}

sub sanitized { $ENV{TEST_SANDBOX_SANITIZE} ? 1 : 0 }

sub nginx_binary { $ENV{TEST_NGINX_BINARY} || '/usr/sbin/nginx' }


# of the nginx that runs the tests, as a module's nginx_version: 1022001

sub nginx_version
{
    my $nginx = nginx_binary();
    my @parts = `$nginx -v 2>&1` =~ m{ nginx/(\d+)\.(\d+)\.(\d+)}
        or die "$nginx does not tell its version\n";
    return $parts[0] * 1_000_000 + $parts[1] * 1000 + $parts[2];
}


# the engine that the tests run on: tools/test says which, by default the
# machine's; "docker" reaches the same one

my ($ENGINE) = ($ENV{TEST_SANDBOX_ENGINE} || 'unix:/var/run/docker.sock')
    =~ /^unix:(.*)/ or die "TEST_SANDBOX_ENGINE is no unix socket\n";

$ENV{DOCKER_HOST} = "unix://$ENGINE" if $ENV{TEST_SANDBOX_ENGINE};

sub engine_socket { $ENGINE }

# "plain", or another kind that tools/engine-private knows

sub engine_kind { $ENV{TEST_SANDBOX_ENGINE_KIND} || 'plain' }

Sandbox::Unfit::check(engine_kind(), Cwd::abs_path($0) || $0);

# a limit that the engine enforces: MemoryLimit, PidsLimit, CpuCfsQuota

sub engine_enforces
{
    my ($limit) = @_;
    return docker("info --format '{{json .}}'") =~ /"$limit":true/;
}


# the workers' group is that of the engine's socket, if it has one

sub engine_group
{
    my ($engine) = @_;
    my ($socket) = $engine =~ /^unix:(.*)/;
    my $gid = defined $socket ? (stat $socket)[5] : undef;

    return $gid && getgrgid($gid) || 'docker';
}


# new() writes the configuration; nothing runs before start().
#
#   classes    lines after "sandbox_class", first of them "default ..."
#   keys       lines of a key file; without it the API's authentication is off
#   main       lines at the top level
#   http       lines at the http level
#   api        lines in the API's server block
#   preview    lines in the preview server's location
#   engine     value of sandbox_engine
#   agent      path of another program to run as the agent
#   workers    number of worker processes
#   user       whom they run as, with a group of that name
#   level      of error_log
#   conf       a whole template instead
#   allow      regular expressions of log lines at alert and above that the
#              test causes and expects

sub new
{
    my ($class, %o) = @_;
    my $self = bless { %o }, $class;

    Sandbox::bail('the tests run as root') if $> != 0;

    $self->{nginx} ||= nginx_binary();
    $self->{module} ||= $ENV{TEST_SANDBOX_MODULE}
        || "$ROOT/build/ngx_http_sandbox_module.so";
    $self->{binary} = $ENV{TEST_SANDBOX_AGENT} || "$ROOT/build/agent";
    $self->{engine} ||= "unix:$ENGINE";
    $self->{workers} ||= 3;
    $self->{level} ||= 'info';
    $self->{timeout} ||= 60;
    $self->{allow} ||= [];
    $self->{killed} = {};

    for ($self->{nginx}, $self->{module}, $self->{binary}) {
        $_ = Cwd::abs_path($_) || $_;
        bail("$_ is missing: run make first") if ! -e $_;
    }

    ensure_user();

    $self->{dir} = File::Temp::tempdir('/tmp/sbx-XXXXXX');
    chmod 0711, $self->{dir};
    $self->{state} = "$self->{dir}/s";
    push @INSTANCES, $self;

    # a copy, so that the workers' user can read it wherever the project is
    copy($self->{agent} || $self->{binary}, "$self->{dir}/agent", 0755);

    $self->{port} ||= free_port();
    $self->write_conf();

    return $self;
}


sub bail
{
    my ($why) = @_;
    Test::More::BAIL_OUT($why) if $ENV{TEST_SANDBOX_BAIL};
    die "$why\n";
}


sub ensure_user
{
    return if getpwnam($USER);
    open my $lock, '>>', build_dir() . '/user.lock' or die $!;
    flock $lock, LOCK_EX;
    return if getpwnam($USER);
    system("$ROOT/tools/install-user '' >&2") == 0 or bail("no user $USER");
}


sub write_conf
{
    my ($self, %o) = @_;

    $self->{$_} = $o{$_} for keys %o;

    my $classes = $self->{classes}
        || ['default image=sandbox-base memory=256m cpus=1 pids=128 '
            . 'network=none sleep_after=10m'];

    my $auth = '        sandbox_api_auth off;';

    if ($self->{keys}) {
        spew("$self->{dir}/keys", join '', map { "$_\n" } @{$self->{keys}});
        chmod 0600, "$self->{dir}/keys";
        $auth = "        sandbox_api_key_file $self->{dir}/keys;";
    }

    my %v = (
        DIR => $self->{dir}, STATE => $self->{state}, PORT => $self->{port},
        MODULE => $self->{module}, AGENT => "$self->{dir}/agent",
        ENGINE => $self->{engine}, WORKERS => $self->{workers},
        LEVEL => $self->{level}, USER => $self->{user} || $USER,
        GROUP => $self->{user} ? '' : engine_group($self->{engine}),
        AUTH => $auth,
        PROXY => $PROXY,
        CLASSES => join("\n", map { "    sandbox_class $_;" } @$classes),
        map { (uc $_ => $self->{$_} // '') } qw/main http api preview/
    );

    my $conf = $self->{conf} || default_conf();
    for (1 .. 2) {
        $conf =~ s/%%([A-Z]+)%%/exists $v{$1} ? $v{$1} : die "no $1"/ge;
    }

    spew("$self->{dir}/nginx.conf", $conf);
}


# nginx -t: (exit status is 0, what it printed)

sub check_conf
{
    my ($self) = @_;
    my $out = `$self->{nginx} -t -p $self->{dir}/ -e $self->{dir}/check.log -c $self->{dir}/nginx.conf 2>&1`;
    return ($? == 0, $out);
}


sub start
{
    my ($self) = @_;

    if (sanitized()) {
        $ENV{ASAN_OPTIONS} ||= 'detect_odr_violation=0:detect_leaks=0';
        $ENV{UBSAN_OPTIONS} ||= 'print_stacktrace=1';
    }

    # behind a proxy nginx cannot tell who runs a rootless engine, and a file
    # system may have no access control lists: docs/engines.md

    if (engine_kind() eq 'rootless') {
        if (mkdir $self->{state}) {
            chown((getpwnam($self->{user} || $USER))[2, 3], $self->{state});
        }
        chmod 0711, $self->{state};
    }

    my @cmd = ($self->{nginx}, '-p', "$self->{dir}/", '-e',
        "$self->{dir}/error.log", '-c', "$self->{dir}/nginx.conf");

    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', "$self->{dir}/start.out";
        open STDERR, '>&', \*STDOUT;
        exec @cmd or POSIX::_exit(127);
    }
    waitpid $pid, 0;
    die "nginx does not start: " . slurp("$self->{dir}/start.out") if $?;

    wait_for(sub { -s "$self->{dir}/nginx.pid" }, 30)
        or die "nginx writes no pid\n";
    ($self->{master}) = slurp("$self->{dir}/nginx.pid") =~ /(\d+)/;

    wait_for(sub {
        $self->workers_alive() >= $self->{workers}
            and IO::Socket::INET->new("127.0.0.1:$self->{port}");
    }, 30) or die "nginx does not listen\n";

    return $self;
}


sub alive
{
    my ($self) = @_;
    return $self->{master} && running($self->{master});
}


# ends nginx; false when it had to be killed

sub quit
{
    my ($self, $signal) = @_;
    my $pid = $self->{master} or return 1;
    my $good = 1;

    kill $signal || 'QUIT', $pid;

    if (!wait_for(sub { !running($pid) }, 40)) {
        $good = 0;
        my @workers = $self->workers_alive();
        kill 'KILL', $pid, @workers;
        wait_for(sub { !running($pid) }, 10);
    }

    delete $self->{master};
    return $good;
}


# reads the configuration again; returns when the new workers serve

sub reload
{
    my ($self) = @_;
    my %old = map { $_ => 1 } $self->workers_alive();

    kill 'HUP', $self->{master};

    wait_for(sub {
        my @new = grep { !$old{$_} } $self->workers_alive();
        return @new >= $self->{workers}
            && !grep { running($_) && title($_) !~ /shutting down/ }
                keys %old;
    }, 30) or die "nginx does not reload\n";

    return keys %old;
}


sub restart
{
    my ($self) = @_;
    my $good = $self->quit();
    $self->start();
    return $good;
}


# pids of workers that take requests

sub workers_alive
{
    my ($self) = @_;
    my $master = $self->{master} or return;
    return grep { title($_) =~ /nginx: worker process\s*$/ } children($master);
}


sub kill_worker
{
    my ($self, $pid) = @_;
    $pid //= ($self->workers_alive())[0];
    $self->{killed}{$pid} = 1;
    kill 'KILL', $pid;
    wait_for(sub { !running($pid) }, 10) or die "worker $pid lives\n";
    wait_for(sub { $self->workers_alive() >= $self->{workers} }, 20)
        or die "no new worker\n";
    return $pid;
}


# ---- sandboxes

# puts t/lib/apps/<name> into the sandbox, runs it in the background with
# these arguments, the first of them its port, and waits until it listens

sub app
{
    my ($self, $id, $name, $port, @args) = @_;
    my $put = $self->put($id, "workspace/.app/$name",
        slurp("$ROOT/t/lib/apps/$name"));
    die "put $name: $put->{status} $put->{body}\n" if $put->{status} != 200;

    my $out = $self->run_in($id, "cd /workspace && "
        . "nohup python3 /workspace/.app/$name $port @args "
        . ">/tmp/app-$port.log 2>&1 </dev/null & "
        . "for i in \$(seq 300); do "
        . "grep -qi ':" . sprintf('%04X', $port) . " [0-9A-F:]* 0A' "
        . "/proc/net/tcp /proc/net/tcp6 && exit 0; sleep 0.1; done; "
        . "cat /tmp/app-$port.log >&2; exit 1");
    die "$name does not listen on $port\n" if !defined $out;
}


# ---- the engine

sub instance
{
    my ($self) = @_;
    return undef if ! -s "$self->{state}/instance";
    my ($name) = slurp("$self->{state}/instance") =~ /(\S+)/;
    return $name;
}


# names of this instance's containers

sub containers
{
    my ($self, %o) = @_;
    my $instance = $self->instance() or return;
    my $all = $o{running} ? '' : '-a';
    return split /\n/, docker("ps $all --no-trunc --format '{{.Names}}' "
        . "--filter label=nginx-sandbox.instance=$instance");
}


# names in the state directory that are there for the sake of a sandbox

sub state_names
{
    my ($self) = @_;
    opendir my $state, $self->{state} or die "$self->{state}: $!\n";
    opendir my $run, "$self->{state}/.run" or die "$self->{state}/.run: $!\n";

    return (grep({ !/^(?:\.\.?|\.run|\.agent|\.backup|\.clock|instance)$/ } readdir $state),
        map { ".run/$_" } grep { !/^\.\.?$/ } readdir $run);
}


# the container's name of a sandbox: the random part of its directory

sub run_of
{
    my ($self, $id) = @_;
    my $link = readlink "$self->{state}/$id/run" or return undef;
    $link =~ s{.*/}{};
    return $link;
}


sub container_of
{
    my ($self, $id) = @_;
    my $run = $self->run_of($id) or return undef;
    my ($name) = grep { index($_, $run) >= 0 } $self->containers();
    return $name;
}


# the agent's pid as the host sees it, 0 when it does not run

sub agent_pid
{
    my ($self, $id) = @_;
    my $name = $self->container_of($id) or return 0;
    my $pid = docker("inspect --format '{{.State.Pid}}' $name");
    return $pid =~ /^(\d+)/ ? $1 : 0;
}


sub docker
{
    my ($args) = @_;
    my $out = `docker $args 2>/dev/null`;
    return $out;
}


# ---- logs and the end

sub log_text
{
    my ($self, $name) = @_;
    return slurp("$self->{dir}/" . ($name || 'error.log'));
}


# lines at alert and above, and sanitizers' words, that nobody expects

sub bad_lines
{
    my ($self) = @_;
    my @bad;

    return if ! -e "$self->{dir}/error.log";

    for (split /\n/, $self->log_text()) {
        next if !/\[(?:alert|crit|emerg)\]|Sanitizer|runtime error:/;
        next if /worker process (\d+) exited on signal 9/
            && $self->{killed}{$1};
        my $line = $_;
        next if grep { $line =~ $_ } @{$self->{allow}};
        push @bad, $_;
    }

    return @bad;
}


# a leak check cannot look into a process that nobody may trace, as the agent is

sub agent_complaints
{
    my ($self) = @_;
    my @bad;

    for my $name ($self->containers()) {
        my $text = `docker logs $name 2>&1`;
        push @bad, "$name: $_"
            for grep { /Sanitizer|runtime error:|Assertion/
                && !/LeakSanitizer (?:has encountered|does not work)/ }
                split /\n/, $text;
    }

    return @bad;
}


# the last call of a test: ends nginx, and adds the tests of its end

sub done
{
    my ($self, @more) = @_;

    for my $t ($self, @more) {
        my @agents = $t->agent_complaints();
        my $good = $t->alive() && $t->quit();

        Test::More::ok($good, 'nginx runs to the end and quits');
        my @bad = $t->bad_lines();
        Test::More::is(scalar @bad, 0, 'no alert in the error log');
        Test::More::diag(join "\n", @bad[0 .. ($#bad > 9 ? 9 : $#bad)])
            if @bad;
        Test::More::is("@agents", '', 'no complaint of an agent');
        $t->cleanup();
    }

    Test::More::done_testing();
}


sub cleanup
{
    my ($self) = @_;
    return if $self->{cleaned}++;

    $self->quit('TERM') if $self->{master};

    my @names = eval { $self->containers() };

    if (Sandbox::Keep::wanted()) {
        `docker logs $_ >$self->{dir}/$_.log 2>&1` for @names;
    }

    `docker rm -f -v @names 2>&1` if @names;
    Sandbox::Keep::discard($self->{dir});
}


END {
    if ($$ == $PID) {
        my $status = $?;
        $_->cleanup() for @INSTANCES;
        $? = $status;
    }
}


# ---- small things

sub wait_for
{
    my ($check, $seconds) = @_;
    my $end = Time::HiRes::time() + ($seconds || 30);

    while (1) {
        my $value = $check->();
        return $value if $value;
        return $value if Time::HiRes::time() > $end;
        Time::HiRes::sleep(0.02);
    }
}


my %given;

sub free_port
{
    for (1 .. 100) {
        my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1',
            Proto => 'tcp') or die "no port: $!";
        my $port = $s->sockport();
        close $s;
        return $port if !$given{$port}++;
    }
    die "no free port\n";
}


sub slurp
{
    my ($path) = @_;
    open my $f, '<:raw', $path or die "$path: $!\n";
    local $/;
    return scalar(<$f>) // '';
}


sub spew
{
    my ($path, $text) = @_;
    open my $f, '>:raw', $path or die "$path: $!\n";
    print $f $text or die "$path: $!\n";
    close $f or die "$path: $!\n";
}


sub copy
{
    my ($from, $to, $mode) = @_;
    spew("$to.tmp", slurp($from));
    chmod $mode, "$to.tmp";
    rename "$to.tmp", $to or die "$to: $!\n";
}


1;
