#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# Contexts of JavaScript and TypeScript through nginx, in the base image of each
# Node.js: version 20 leaves types to esbuild, version 24 removes them itself.

use warnings;
use strict;

use JSON::PP ();
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;

my @images = grep { system("docker image inspect $_ >/dev/null 2>&1") == 0 }
    qw/sandbox-base:node20 sandbox-base:node24/;
plan skip_all => 'the base image of Node.js 20 or 24 is needed' if !@images;

my $t = Sandbox->new(classes => ['default image=sandbox-base',
    map { /node(\d+)/; "node$1 image=$_ memory=1g" } @images])->start();
my $id;


# the whole execution, as JSON

sub run
{
    my ($code, %o) = @_;
    my $res = $t->api('POST', "/v1/sandbox/$id/api/execute/code",
        headers => ['Accept', 'application/json'],
        json => { code => $code, %o });
    diag explain $res if $res->{status} != 200;
    return $res->{json};
}


sub text { return join ',', map { $_->{text} // '-' } @{$_[0]{results}} }


my @typescript = (
    'const n: number = 4; n' => '4',
    'enum E { A = 4, B } E.B' => '5',
    'const enum C { X = 7 } C.X' => '7',
    'namespace N { export const v = 3 } N.v' => '3',
    'class P { constructor(private x: number, readonly y = 2) {} '
        . 'sum() { return this.x + this.y } } new P(1).sum()' => '3',
    'function dec(v: unknown, c: any) { (globalThis as any).seen = c.name } '
        . '@dec class D {} (globalThis as any).seen' => "'D'",
    "import type { Foo } from './none'; import { type Bar, readFileSync } "
        . "from 'fs'; typeof readFileSync" => "'function'",
    'interface I { a: number } interface I { b: string } '
        . "const i: I = { a: 1, b: '2' }; i.b" => "'2'",
    'interface I { c: number } type T<X> = X extends string ? 1 : 2; '
        . 'const one: T<string> = 1; one' => '1',
    "function id<X>(x: X): X { return x } id<string>('g')" => "'g'",
    'const cfg = { a: 1 } satisfies Record<string, number>; cfg.a' => '1',
    "let s = 'x' as unknown as string; s!.length" => '1',
    'abstract class Abs { abstract f(): number; declare z: string } '
        . 'class Impl extends Abs { override f(): number { return 9 } } '
        . 'new Impl().f()' => '9',
    'function over(a: string): string; function over(a: number): number; '
        . 'function over(a: any) { return a } over(3)' => '3',
    'const z = <number>(5 as any); z' => '5',
    'class F { x?: number = 3; static #p = 4; static get p() { return F.#p } } '
        . '[new F().x, F.p]' => '[ 3, 4 ]',
    'const g = async <T,>(x: T): Promise<T> => x; await g<number>(7)' => '7',
    "export type Q = string; export const e: Q = 'e'; e" => "'e'",
    "import fs = require('fs'); typeof fs.readFileSync" => "'function'",
    'n + E.A' => '8',
    '1 + 1' => '2',
);

for my $image (@images) {
    ($id) = $image =~ /(node\d+)/;
    is($t->api('POST', '/v1/sandbox', json => { id => $id, class => $id })
        ->{status}, 200, $image);

    my $res = run('process.versions.node', language => 'js');
    like(text($res), qr/^'@{[$id =~ s{node}{}r]}\./, 'its version');

    my @cases = @typescript;
    while (my ($code, $text) = splice @cases, 0, 2) {
        $res = run($code, language => 'typescript');
        is(text($res), $text, "$id: $code") or diag explain $res;
    }

    $res = run("let fine: number = 1;\nlet x: number = = 2", language => 'ts');
    is($res->{error}{ename}, 'TranspileError', "$id: a mistake");
    like($res->{error}{traceback}[0],
        qr/\A<cell \d+>:2\nlet x: number = = 2\n {16}\^\nTranspileError: /,
        'its line, and a mark');
    $res = run('function f(@dec a: number) {}', language => 'ts');
    is($res->{error}{ename}, 'TranspileError', 'what is not supported');
    $res = run("enum G { Z }\n\n// comment\nfunction fails(a: number) {\n"
        . "    throw new Error('x');\n}\n\nfails(1)", language => 'ts');
    like(join('', @{$res->{error}{traceback}}),
        qr/at fails \(<cell \d+>:5:\d+\)\n.*<cell \d+>:8:\d+/s,
        'lines are those of the code');

    # npm's packages in the working directory

    $t->run_in($id, 'mkdir -p node_modules/pkg && cd node_modules/pkg && '
        . q(echo '{"name":"pkg","type":"module","exports":"./i.js"}' >package.json)
        . q( && echo 'export const p = 5' >i.js));
    is(text(run("import { p } from 'pkg'; p", language => 'js')), '5',
        'a package of the workspace');
    is(text(run('typeof WebSocket + typeof fetch', language => 'js')),
        $id eq 'node20' ? "'undefinedfunction'" : "'functionfunction'", 'globals');
    is(text(run('const { Worker } = require("worker_threads"); await new '
        . 'Promise((done) => new Worker("process.exit(5)", { eval: true })'
        . '.on("exit", done))', language => 'js')), '5', 'a worker thread');

    $res = run('for (;;);', language => 'js', timeout_ms => 500);
    is("$res->{error}{ename} " . ($res->{error}{restarted} ? 'lost' : 'kept'),
        'TimeoutError kept', 'a loop');
    is(text(run('p', language => 'js')), '5', 'the state is there');
    $res = run('const all = []; for (;;) all.push(new Array(1e6).fill(all.length))',
        language => 'js');
    is($res->{error}{ename}, 'KernelDied', 'no memory is left')
        or diag explain $res->{error};
    ok($res->{error}{restarted}, 'a fresh kernel');
    is(text(run('typeof p', language => 'js')), "'undefined'", 'that is empty');
}

$t->done();
