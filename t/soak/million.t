#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# POST /api/list-files of a directory with a million names, at once and in
# pages: the agent's memory is bounded.

use warnings;
use strict;

use File::Basename;
use Test::More;
use Time::HiRes qw/time/;

use lib dirname(__FILE__) . '/../lib';

use Sandbox::Box;

# no failing test may wait for ever
alarm 1800;

my $N = 1_000_000;
my $box = Sandbox::Box->new();

mkdir "/proc/${\ $box->pid()}/root/workspace/million" or die $!;
inside('mount', '-t', 'tmpfs', '-o', 'size=1G,nr_inodes=0', 'none',
    '/workspace/million');
inside('/usr/bin/perl', '-e', 'chdir "/workspace/million" or die;'
    . " for (1 .. $N) { open my \$f, '>', qq/f\$_/ or die }");

my ($n, $last) = read_all('{"path":"million"}');
is($n, $N, 'a million names at once');
like($last, qr/\],"count":$N,"timestamp":"[^"]*"\}$/, 'their count');

my $pages = 0;
my $next = '';
my $began = time;
my %seen;
do {
    ($n, $last) = read_all('{"path":"million","limit":50000' . $next . '}');
    $pages++;
    ($next) = $last =~ /"next":"(f\d+)"/;
    $seen{$next // 'end'}++;
    $next = defined $next ? qq(,"after":"$next") : '';
} while length $next;
is($pages, 20, sprintf 'pages, %.1f s each', (time - $began) / 20);
is($n, 50000, 'the last one is full');
is(scalar keys %seen, 20, 'each begins where the one before ended');

my $peak = $box->status('VmHWM');
cmp_ok($peak, '<', 8192, "in $peak KB") if !$Sandbox::Box::SANITIZE;

done_testing();


sub read_all
{
    my ($body) = @_;
    my ($n, $last) = (0, '');
    my $http = $box->http(timeout => 900);
    $http->request('POST', '/api/list-files', host => 'x', body => $body);
    $http->head();
    while (defined(my $data = $http->read())) {
        $n += $data =~ tr/{// ;
        $last = substr $last . $data, -200;
    }
    # an entry has two objects, and the answer is one
    return (($n - 1) / 2, $last);
}


sub inside
{
    system('nsenter', '-t', $box->pid(), '-m', '-r', @_) == 0
        or die "@_ failed\n";
}
