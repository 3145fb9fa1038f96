#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# Code contexts through nginx, in the base image: rich results, decoded; memory
# that runs out; contexts and sleep.

use warnings;
use strict;

use JSON::PP ();
use MIME::Base64 qw/decode_base64/;
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::SSE;

my $t = Sandbox->new(classes => [
    'default image=sandbox-base memory=512m cpus=2 pids=256',
    'warm image=sandbox-base memory=512m prewarm=python:1',
])->start();


sub run
{
    my ($code, %o) = @_;
    my $c = $t->connect();
    $c->request('POST', '/v1/sandbox/code/api/execute/code',
        $t->api_options(json => { code => $code, %o }));
    my $res = $c->head();
    return { type => "$res->{status}" } if $res->{status} != 200;
    my $sse = Sandbox::SSE->new($c);
    my @events;
    while (my $e = $sse->next(120)) {
        push @events, JSON::PP::decode_json($e->{data});
    }
    return @events;
}


sub results { return grep { $_->{type} eq 'result' } run(@_) }


# the canonical example

is(scalar(results('import pandas as pd; data = [1, 2, 3]')), 0, 'no value');
my ($r) = results('sum(data)');
is($r->{text}, '6', 'a value of the same context');


# pictures and data

my @r = results(<<'EOF');
import matplotlib.pyplot as plt
plt.figure(figsize=(2, 1), dpi=50)
plt.plot([1, 2, 3], [1, 4, 9], label='squares')
plt.title('Growth'); plt.xlabel('time (s)'); plt.ylabel('size'); plt.yscale('log')
plt.figure()
plt.bar(['a', 'b'], [3, 4])
None
EOF
is(scalar(@r), 2, 'two figures');
my $png = decode_base64($r[0]{png});
is(substr($png, 0, 8), "\x89PNG\r\n\x1a\n", 'a picture');
my ($w, $h) = unpack 'N2', substr($png, 16, 8);
cmp_ok(abs($w - 100), '<', 40, "of the plotted width: $w");
cmp_ok(abs($h - 50), '<', 40, "and height: $h");
my $chart = $r[0]{chart};
is("$chart->{type} $chart->{title}", 'line Growth', 'its chart');
is_deeply($chart->{axes}, {
    x => { label => 'time', unit => 's', scale => 'linear' },
    y => { label => 'size', unit => undef, scale => 'log' } }, 'axes');
is_deeply($chart->{series}, [{ type => 'line', label => 'squares',
    points => [[1, 1], [2, 4], [3, 9]] }], 'points');
is_deeply($r[1]{chart}{series}[0]{points}, [['a', 3], ['b', 4]], 'bars');

@r = results(<<'EOF');
import numpy as np
fig, ax = plt.subplots(2, 2)
ax[0, 0].scatter([1, 2], [3, 4])
ax[0, 1].pie([1, 3], labels=['x', 'y'])
ax[1, 0].hist([1, 1, 2, 3], bins=[1, 2, 3, 4])
ax[1, 1].boxplot([[1, 2, 3, 4, 5]])
None
EOF
is($r[0]{chart}{type}, 'subplots', 'subplots');
my @c = map { $_->{series}[0] } @{$r[0]{chart}{charts}};
is(join(' ', map { $_->{type} } @c), 'scatter pie histogram box', 'kinds');
is_deeply($c[0]{points}, [[1, 3], [2, 4]], 'scatter');
is_deeply($c[1]{points}, [['x', 1], ['y', 3]], 'pie');
is_deeply([map { $_->[1] } @{$c[2]{points}}], [2, 1, 1], 'histogram');
is_deeply($c[2]{edges}, [1, 2, 3, 4], 'its edges');
is($c[3]{boxes}[0]{median}, 3, 'box');

($r) = results(<<'EOF');
pd.DataFrame({'n': [1, 2], 's': ['x', None]})
EOF
like($r->{html}, qr{<td>x</td>}, 'a data frame: html');
is_deeply($r->{data}{records}, [{ n => 1, s => 'x' }, { n => 2, s => undef }],
    'records');
is_deeply($r->{data}{columns}, [{ name => 'n', dtype => 'int64' },
    { name => 's', dtype => 'object' }], 'columns');

($r) = results("class A:\n    def _repr_markdown_(self): return '# t'\n"
    . "    def _repr_mimebundle_(self, include=None, exclude=None):\n"
    . "        return {'image/svg+xml': '<svg/>', 'x/y': 1}\nA()");
is("$r->{markdown} $r->{svg} $r->{extra}{'x/y'}", '# t <svg/> 1',
    'an object of its own');
($r) = results("from PIL import Image\nImage.new('RGB', (7, 5))");
is_deeply([unpack 'N2', substr(decode_base64($r->{png}), 16, 8)], [7, 5],
    'PIL');
my @e = run('%time 1 + 1');
like(join('', map { $_->{text} // '' } @e), qr/Wall time/, 'a magic');
@e = run('!echo from the shell');
is($e[0]{text}, "from the shell\n", 'a command');
@e = run("%matplotlib inline\nplt.plot([1]); None");
is($e[0]{chart}{type}, 'line', '%matplotlib');


# JavaScript and TypeScript

($r) = results('import { join } from "node:path"; const a = await '
    . 'Promise.resolve(join("a", "b")); a', language => 'javascript');
is($r->{text}, "'a/b'", 'import and await');
@r = results('display.table([{a: 1, b: "<"}]); ({x: [1]})', language => 'js');
like($r[0]{html}, qr{<td>&#60;</td>}, 'a table');
is_deeply($r[1]{json}, { x => [1] }, 'an object');
($r) = results('interface P { x: number } enum E { A = 4 } const p: P = '
    . '{ x: E.A }; p.x as number', language => 'typescript');
is($r->{text}, '4', 'types');
@e = run('const x: = 1', language => 'typescript');
is($e[-1]{ename}, 'TranspileError', 'a mistake');


# memory, sleep

# the kernel's account says who was killed; where the system refuses so much
# at once, Python says so itself
@e = run("keep = 1\nx = bytearray(10 << 30)\nx[::4096] = b'x' * len(x[::4096])");
is($e[-1]{reason}, 'oom', 'memory runs out') or diag explain \@e;
is($e[-1]{restarted} ? 'KernelDied' : 'MemoryError', $e[-1]{ename},
    'a fresh interpreter, if it had to be killed');
@e = run("x = []\nwhile True: x.append(bytearray(1 << 20))");
is_deeply([@{$e[-1]}{qw/ename reason restarted/}], ['KernelDied', 'oom',
    JSON::PP::true], 'in small pieces');
@e = run('x');
is($e[-1]{ename}, 'NameError', 'with no state');
($r) = results('40 + 2');
is($r->{text}, '42', 'the next call');
($r) = results('[...Array(3).keys()].length', language => 'js');
is($r->{text}, '3', 'others are untouched');

my $res = $t->api('POST', '/v1/sandbox/code/api/contexts', json => {});
my $id = $res->{json}{contextId};
is($res->{status}, 200, 'a context');
is($t->api('POST', '/v1/sandbox/code/sleep')->{status}, 200, 'sleep');
$res = $t->api('GET', "/v1/sandbox/code/api/contexts/$id");
is("$res->{status} $res->{json}{code}", '404 CONTEXT_NOT_FOUND',
    'it has ended');
like($res->{json}{message}, qr/when its sandbox sleeps/, 'which is said');
$res = $t->api('POST', '/v1/sandbox/code/api/execute/code',
    json => { code => '1', context_id => $id });
is("$res->{status} $res->{json}{code}", '404 CONTEXT_NOT_FOUND',
    'to the next execution too');
@e = run('data');
is("$e[-1]{ename} $e[-1]{execution_count}", 'NameError 1',
    'the default context begins anew');

is($t->api('POST', '/v1/sandbox', json => { id => 'warm', class => 'warm' })
    ->{status}, 200, 'a class with prewarm=');
is($t->run_in('warm', 'for i in $(seq 200); do n=$(cat /proc/[0-9]*/cmdline '
    . '2>/dev/null | tr "\\0" " " | grep -c "[p]ython3 -u /proc/self/fd/4"); '
    . '[ $n = 0 ] || break; sleep 0.1; done; echo $n'), "1\n",
    'an interpreter waits');

$res = $t->api('GET', '/v1/sandbox/code/api/interpreter/health');
is($res->{json}{status}, 'healthy', 'health');

$t->done();
