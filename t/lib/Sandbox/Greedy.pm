package Sandbox::Greedy;

# Copyright (C) the ngx_sandbox authors

# An owner that takes all it can get: in its sandboxes, of the API and of
# previews.  Each thing is taken by a process of its own, which goes on until
# stop() and writes what it has to a file.

use warnings;
use strict;

use POSIX ();
use Time::HiRes qw/time sleep/;

use Sandbox;
use Sandbox::SSE;
use Sandbox::Terminal;

# what t/lib/apps/greedy.py takes, in which sandbox, in how many processes

my @INSIDE = (
    (map { [kernel => $_, 1] } qw/files in_flight inotify epoll pipes signals
        messages semaphores/),
    (map { [sockets => $_, 1] } qw/tcp udp unix locks/),
    [terminals => terminals => 2], [netlink => netlink => 1],
    [memory => memory => 2], [memory => shared => 1],
    [memory => processes => 1], [memory => cpu => 1],
    [disk => disk => 1], [disk => names => 1], [disk => output => 1],
);

my @OUTSIDE = qw/create wake ports pages commands files streams terminals
    sessions kernels backups searches lists/;


# t: the nginx, with the owner's key; class: of its sandboxes

sub new
{
    my ($class, %o) = @_;
    my $self = bless { pids => [], %o }, $class;
    my $t = $self->{t};

    $self->{dir} = "$t->{dir}/greedy";
    mkdir $self->{dir} or die "$self->{dir}: $!\n";

    my %ids = map { ("greedy-$_->[0]" => 1) } @INSIDE, ['front'], ['wake'];

    for my $id (sort keys %ids) {
        my $res = $t->api('POST', '/v1/sandbox', json => { id => $id,
            class => $self->{class} });
        die "$id: $res->{body}\n" if $res->{status} != 200;
        $t->put($id, 'workspace/greedy.py',
            slurp(Sandbox::root_dir() . '/t/lib/apps/greedy.py'));
    }

    $t->app('greedy-front', 'many.py', 9000, 1);
    $t->run_in('greedy-front', 'head -c 30000000 /dev/urandom >large; '
        . 'mkdir small; head -c 1000000 large >small/file');
    $self->{url} = $t->expose('greedy-front', 9000);
    return $self;
}


sub begin
{
    my ($self) = @_;

    for my $what (@INSIDE) {
        my ($id, $name, $n) = @$what;
        $self->child("$id-$name", sub { $self->inside("greedy-$id", $name,
            $n) });
    }

    # these are requests too, of which nginx would refuse some later
    my %report;
    wait_for(sub {
        %report = $self->report();
        return keys %report >= @INSIDE;
    }, 300) or die 'not all is taken in the sandboxes: ' . join(' ',
        sort keys %report) . "\n";

    for my $name (@OUTSIDE) {
        $self->child($name, $self->can("take_$name"));
    }
}


sub stop
{
    my ($self) = @_;
    kill 'KILL', $_ for @{$self->{pids}};
    waitpid $_, 0 for @{$self->{pids}};
    $self->{pids} = [];
}


# {name} => what it has, in words

sub report
{
    my ($self) = @_;
    return map { my $name = s{.*/}{}r; ($name => slurp($_)) }
        sort glob "$self->{dir}/*";
}


# ---- one process each

sub child
{
    my ($self, $name, $code) = @_;
    my $pid = fork // die "fork: $!";

    if ($pid) {
        push @{$self->{pids}}, $pid;
        return;
    }

    $SIG{TERM} = $SIG{INT} = $SIG{HUP} = 'DEFAULT';

    # its clients would be on another machine
    setpriority 0, 0, 10;
    $self->{name} = $name;
    $self->{told} = 0;

    while (1) {
        eval { $code->($self) };
        $self->tell("again, after: $@") if $@;
        sleep 1;
    }
}


sub tell
{
    my ($self, $text) = @_;
    chomp $text;
    Sandbox::spew("$self->{dir}/.$self->{name}", $text);
    rename "$self->{dir}/.$self->{name}", "$self->{dir}/$self->{name}";
}


sub now_and_then
{
    my ($self, $text) = @_;
    return if time() < $self->{told} + 1;
    $self->{told} = time();
    $self->tell($text);
}


sub inside
{
    my ($self, $id, $name, $n) = @_;
    my $c = $self->{t}->exec_start($id, ['sh', '-c', 'while :; do '
        . "python3 /workspace/greedy.py $name $n; sleep 1; done"]);
    my $head = $c->head();

    if ($head->{status} != 200) {
        $self->tell("refused: $head->{status}");
        $c->close();
        return;
    }

    my $sse = Sandbox::SSE->new($c);
    my ($bytes, $runs) = (0, ++$self->{runs});

    while (my $e = $sse->next(3600)) {
        $bytes += length $e->{data};
        last if $e->{event} eq 'exit' || $e->{event} eq 'error';
        next if $e->{event} ne 'stdout';
        my $text = MIME::Base64::decode_base64($e->{data});
        my ($has) = $text =~ /.*^$name (\d+)$/ms;
        $self->{has} = $has if defined $has;
        $self->now_and_then(($self->{has} // 0) . " times, run $runs, "
            . ($bytes >> 10) . ' KB of output');
    }
    $c->close();
}


# opens one more each time, for as long as that works, and keeps them; gives
# up none that is open

sub hold
{
    my ($self, $most, $open) = @_;
    my (@kept, %refused);

    while (1) {
        my $status = 200;

        if (@kept < $most) {
            my $c = $open->(scalar @kept);
            $status = $c->{held} // $c->head(timeout => 20)->{status};
            if ($status == 200 || $status == 101) {
                push @kept, $c;
            } else {
                $refused{$status}++;
                $c->close();
            }
        }

        $self->now_and_then(@kept . ' held' . join '', map {
            ", $refused{$_} times $_" } sort keys %refused);
        sleep 1 if @kept >= $most || ($status != 200 && $status != 101);
        @kept = grep { $_->{held} || !$_->closed(0) } @kept
            if $status != 200 && $status != 101;
    }
}


sub again
{
    my ($self, $code) = @_;
    my ($n, %status) = (0);

    while (1) {
        my $status = $code->($n++);
        $status{$status}++;
        $self->now_and_then(join ', ', map { "$status{$_} times $_" }
            sort keys %status);
        sleep 0.5 if $status >= 400;
    }
}


# ---- of the engine

sub take_create
{
    my ($self) = @_;
    my $t = $self->{t};

    $self->again(sub {
        my ($n) = @_;
        my $id = "greedy-new-$$-$n";
        my $res = $t->api('POST', '/v1/sandbox', json => { id => $id,
            class => $self->{class} });
        return $res->{status} if $res->{status} != 200;
        my $status = $t->exec($id, ['true'])->{status};
        $t->api('DELETE', "/v1/sandbox/$id");
        return $status;
    });
}


sub take_wake
{
    my ($self) = @_;
    $self->again(sub {
        return $self->{t}->api('POST', '/v1/sandbox/greedy-wake/restart')
            ->{status};
    });
}


# ---- of nginx

sub take_ports
{
    my ($self) = @_;
    my $t = $self->{t};

    $self->hold(500, sub {
        my ($n) = @_;
        my $url = $t->expose('greedy-front', 20000 + $n) // '';
        my ($host) = $url =~ m{^http://([^/]+)} or die "no port\n";
        my $c = $t->connect();
        $c->request('GET', '/.sandbox/events', host => $host);
        return $c;
    });
}


# held by the app: there is no answer to wait for

sub take_pages
{
    my ($self) = @_;
    my ($host) = $self->{url} =~ m{^http://([^/]+)};

    $self->hold(1500, sub {
        my $c = $self->{t}->connect();
        $c->request('GET', '/hold', host => $host);
        sleep 0.02;
        if (!$c->closed(0) && !length $c->{in}) { $c->{held} = 200 }
        return $c;
    });
}


sub take_commands
{
    my ($self) = @_;
    $self->hold(1000, sub {
        return $self->{t}->exec_start('greedy-front', ['sleep', 10000]);
    });
}


# clients that do not read

sub take_files
{
    my ($self) = @_;
    my $t = $self->{t};

    $self->hold(1000, sub {
        my $c = $t->connect();
        $c->request('GET', '/v1/sandbox/greedy-front/file/workspace/large',
            $t->api_options());
        return $c;
    });
}


sub take_streams
{
    my ($self) = @_;
    my $t = $self->{t};

    $self->hold(500, sub {
        my ($n) = @_;
        my $c = $t->connect();
        my @request = $n % 2
            ? ('/api/watch', { path => '/workspace', recursive => \1 })
            : ('/api/execute/stream', { command => 'while :; do seq 10000; '
                . 'done', sessionId => '__DISABLE_SESSION__' });
        $c->request('POST', "/v1/sandbox/greedy-front$request[0]",
            $t->api_options(json => $request[1]));
        return $c;
    });
}


# ---- of agents

sub take_terminals
{
    my ($self) = @_;
    my $t = $self->{t};

    $self->hold(300, sub {
        my ($n) = @_;
        my $term = Sandbox::Terminal->new(port => $t->{port},
            path => "/v1/sandbox/greedy-front/pty?session=term-$n",
            host => "localhost:$t->{port}",
            headers => [Authorization => "Bearer $t->{key}"]);
        $term->{held} = $term->{status};
        return $term;
    });
}


sub take_sessions
{
    my ($self) = @_;
    $self->again(sub {
        my ($n) = @_;
        return $self->{t}->api('POST',
            '/v1/sandbox/greedy-front/api/session/create',
            json => { id => "session-$n" })->{status};
    });
}


sub take_kernels
{
    my ($self) = @_;
    $self->again(sub {
        return $self->{t}->api('POST',
            '/v1/sandbox/greedy-front/api/contexts',
            json => { language => 'python' })->{status};
    });
}


sub take_searches
{
    my ($self) = @_;
    $self->again(sub {
        return $self->{t}->api('POST', '/v1/sandbox/greedy-front/api/grep',
            json => { path => '/usr', regex => 'a.*b.*c' })->{status};
    });
}


sub take_backups
{
    my ($self) = @_;
    my $t = $self->{t};
    my @made;

    $self->again(sub {
        my $res = $t->api('POST',
            '/v1/sandbox/greedy-front/api/backup/create',
            json => { dir => '/workspace/small' });
        push @made, $res->{json}{id} if $res->{status} == 200;
        $t->api('DELETE', '/v1/backup/' . shift @made)
            if $res->{status} == 507 || @made > 20;
        return $res->{status};
    });
}


sub take_lists
{
    my ($self) = @_;
    $self->again(sub {
        sleep 0.02;
        return $self->{t}->api('GET', '/v1/sandbox')->{status};
    });
}


1;
