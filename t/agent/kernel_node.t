#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: nothing

# The kernel of JavaScript and TypeScript by itself, with the Node.js of this
# machine.

use warnings;
use strict;
use utf8;

use Cwd qw/abs_path/;
use Encode qw/decode_utf8/;
use File::Basename;
use File::Path qw/make_path/;
use File::Temp ();
use Test::More;

use lib dirname(abs_path(__FILE__)) . '/../lib';

use Sandbox::Kernel;

my $version = eval { `node -p process.versions.node 2>/dev/null` } || 0;
plan skip_all => 'Node.js 18 or later is needed' if $version !~ /^(\d+)/ || $1 < 18;

# no failing test may wait for ever
alarm 300;

my $folder = File::Temp->newdir();


sub file
{
    my ($name, $text) = @_;
    make_path(dirname("$folder/$name"));
    open my $fh, '>', "$folder/$name" or die $!;
    print $fh $text;
    return;
}

file('node_modules/esm/package.json',
    '{"name":"esm","type":"module","exports":"./i.js"}');
file('node_modules/esm/i.js', 'export const x = 1; export default class D {}');
file('node_modules/cjs/package.json', '{"name":"cjs","main":"i.js"}');
file('node_modules/cjs/i.js', 'const o = { y: 2 }; o["z" + ""] = 3; '
    . 'module.exports = o;');
file('near.mjs', 'export const near = import.meta.url.slice(-9);');
file('near.cjs', 'exports.near = 5;');
file('data.json', '{"j":7}');
chdir $folder or die $!;

my $k = Sandbox::Kernel->new(language => 'javascript');


sub run { return $k->run(@_) }
sub texts { return join ',', map { $_->{text} // '-' } grep { $_->{type} && $_->{type} eq 'result' } @_ }
sub error { return (grep { $_->{type} && $_->{type} eq 'error' } @_)[0] }


# each code in turn, and the text of its results

sub values_are
{
    my ($name, @cases) = @_;
    while (my ($code, $text) = splice @cases, 0, 2) {
        my @e = run($code);
        is(texts(@e), $text, "$name: $code") or diag explain \@e;
        ok(!$e[-1]{failed}, 'without an error');
    }
    return;
}


is($k->{ready}{version}, $version =~ s/\s//r, 'it says its version');


# state and values

values_are('state',
    'let a = 1; const b = 2; var c = 3; a + b + c' => '6',
    'let a = 4; const b = 5; a + b + c' => '12',
    'a' => '4',
    'class A { static v = 1 }; A.v' => '1',
    'class A { static v = 2 }' => '',
    'A.v' => '2',
    'function f() { return a } f()' => '4',
    'function f() { return "again" } f()' => "'again'",
    'const { p, q: [r = 6], ...rest } = { p: 1, q: [], s: 3 }; [p, r, rest]'
        => '[ 1, 6, { s: 3 } ]',
    'let { p } = { p: 9 }; p' => '9',
    'let unset; unset' => '',
    'unset = 5; [unset, typeof never]' => "[ 5, 'undefined' ]",
    '_' => "[ 5, 'undefined' ]",
    'const crypto = require("crypto"); crypto.createHash("md5").update("x")'
        . '.digest("hex").length' => '32',
    'const __dirname = "mine", fd = 1, sources = 2, vm = 3; __dirname + fd'
        => "'mine1'",
    'const _ = { chunk: 1 }; 8' => '8',
    '_.chunk' => '1',
);

values_are('values',
    '1 + 1;' => '2',
    '5;;' => '5',
    '// nothing' => '',
    '' => '',
    'null' => 'null',
    'undefined' => '',
    "'text'" => "'text'",
    '"use strict"; this === globalThis' => 'true',
    'if (a) { 5 } else { 6 }' => '5',
    'for (const i of [1, 2]) { i }' => '',
    'try { undefinedName } catch { "caught" } finally { 1 }' => "'caught'",
    '{ a, b }' => '{ a: 4, b: 5 }',
    '{ let inner = 1; inner }' => '1',
    '10n' => '10n',
    'Symbol("s")' => 'Symbol(s)',
    'const o = {}; o.self = o; o' => '<ref *1> { self: [Circular *1] }',
    '({ get x() { throw new Error("getter") } })' => '{ x: [Getter] }',
    'new Proxy({}, { get() { throw new Error("trap") } })' => '{}',
    'const any = new Proxy({}, { get: () => () => {} }); any' => '{}',
    'new Map([[1, { a: 2 }]])' => 'Map(1) { 1 => { a: 2 } }',
    'Promise.resolve(7)' => '7',
    'async function later() { return 8 } later()' => '8',
    "'x'.repeat(3e6).length" => '3000000',
);


# await

values_are('await',
    'await Promise.resolve(4)' => '4',
    '({ a: await Promise.resolve(4) })' => '{ a: 4 }',
    '(await Promise.resolve({ x: 1 })).x' => '1',
    'const [m, n] = await Promise.all([1, 2]), { l } = { l: 3 }; m + n + l' => '6',
    'm' => '1',
    'class W {} await 0; function w() { return typeof W } w()' => "'function'",
    'w()' => "'function'",
    'let list = []; for await (const v of [1, Promise.resolve(2)]) list.push(v); '
        . 'list' => '[ 1, 2 ]',
    'await 0; if (m) { "yes" } else "no"' => "'yes'",
    'await 0; any' => '{}',
    'if (1) { var i1 = 5 } for (var i2 = 0, i3 = 2; i2 < 3; i2++) await 0; '
        . 'for (var [i4] of [[1]]); if (1) var i5 = 1; else var i6 = 2' => '',
    '[i1, i2, i3, i4, i5, i6]' => '[ 5, 3, 2, 1, 1, undefined ]',
    'await (async () => { await 0; return 3 })()' => '3',
    'await null, 6' => '6',
);


# modules

values_are('modules',
    "import D, { x } from 'esm'; [D.name, x]" => "[ 'D', 1 ]",
    "import { z, y as why } from 'cjs'; import * as all from './near.mjs'\n"
        . '[z, why, all.near]' => "[ 3, 2, '/near.mjs' ]",
    "import { x } from 'esm'; import cjs from 'cjs'; x + cjs.y" => '3',
    "import data from './data.json' with { type: 'json' }\ndata.j" => '7',
    "(await import('./data.json', { with: { type: 'json' } })).default.j" => '7',
    "import fsp, { readFile } from 'node:fs/promises'; typeof readFile"
        => "'function'",
    "import('esm').then((m) => m.x)" => '1',
    "[1].map(() => import('./near.cjs'))[0].then((m) => m.near)" => '5',
    "require('cjs').z + require('./data.json').j" => '10',
    "require.resolve('esm').slice(-4)" => "'i.js'",
    'import.meta.dirname === process.cwd() && import.meta.url.slice(0, 7)'
        => "'file://'",
    "import { createRequire } from 'module'; const require = "
        . "createRequire(import.meta.url); require('cjs').y" => '2',
    'export const exported = 5; export default exported' => '5',
);
like(error(run("import { nothing } from 'esm'"))->{evalue},
    qr/'esm' does not provide an export named 'nothing'/, 'no such export');
like(error(run("import 'missing'"))->{evalue}, qr/missing/, 'no such module');

is(texts(run('["fetch", "URL", "URLSearchParams", "structuredClone", '
    . '"TextEncoder", "TextDecoder", "AbortController", "Blob", "FormData", '
    . '"Headers", "Request", "Response", "Event", "EventTarget", "performance", '
    . '"queueMicrotask", "setImmediate", "setInterval", "Buffer", "process", '
    . '"global", "console", "atob", "btoa", "MessageChannel", "WebAssembly", '
    . '"BroadcastChannel", "ReadableStream", "module", "exports", "__dirname", '
    . '"__filename"].filter((n) => typeof globalThis[n] === "undefined")')),
    '[]', 'the globals of node');


# streams

run('console.log("a"); console.info("i"); console.error("b"); console.warn("w"); '
    . 'console.table([{ x: 1 }]); console.dir({ d: 1 }); console.group("g"); '
    . 'console.log("in"); console.groupEnd(); console.time("t"); '
    . 'console.timeEnd("t"); console.trace("here")');
like(decode_utf8($k->{out}), qr/\Aa\ni\n.*│ x │.*\{ d: 1 \}\ng\n  in\nt: /s,
    'stdout');
like($k->{err}, qr/\Ab\nw\nTrace: here\n    at <cell/, 'stderr');
run('process.stdout.write("no end"); console.log("\u20ac\u{1f600}")');
is(decode_utf8($k->{out}), "no end\x{20ac}\x{1f600}\n", 'characters');
run('console.log("x".repeat(3e6)); process.stderr.write("y".repeat(1e6))');
is(length($k->{out}) . ' ' . length($k->{err}), '3000001 1000000',
    'much at once');
run('await require("stream/promises").pipeline(require("stream").Readable.from('
    . '["x", "y"]), process.stdout); console.log("z")');
is($k->{out}, "xyz\n", 'a pipeline to stdout');
run('require("child_process").execSync("echo inherited", { stdio: "inherit" }); '
    . 'console.log(require("child_process").execSync("echo caught").toString())');
is($k->{out}, "inherited\ncaught\n\n", 'child processes');
is(texts(run('const { Worker } = require("worker_threads"); await new '
    . 'Promise((done) => new Worker("console.log(1); process.exit(5)", '
    . '{ eval: true }).on("exit", done))')), '5', 'a worker thread');
is($k->{out}, "1\n", 'its output');
is(texts(run('setTimeout(() => console.log("late"), 20); 1')), '1',
    'a cell does not wait for timers');
run('await new Promise((r) => setTimeout(r, 200))');
is($k->{out}, "late\n", 'what they print comes later');


# what is shown

my @r = run('display.table([{ a: 1, b: "<" }, { a: 2, c: 3 }]); '
    . 'display.table({ x: { n: 1 } }); display.table([5])');
is($r[0]{html}, '<table><thead><tr><th>a</th><th>b</th><th>c</th></tr></thead>'
    . '<tbody><tr><td>1</td><td>&#60;</td><td></td></tr><tr><td>2</td><td></td>'
    . '<td>3</td></tr></tbody></table>', 'a table');
is_deeply($r[0]{json}, [{ a => 1, b => '<' }, { a => 2, c => 3 }], 'its rows');
like($r[1]{html}, qr{<td>x</td><td>1</td>}, 'of an object');
like($r[2]{html}, qr{<td>5</td>}, 'of values');
@r = run('const big = Array.from({ length: 3000 }, (_, i) => ({ i })); '
    . 'display.table(big)');
is(scalar(() = $r[0]{html} =~ /<tr>/g), 1001, 'a long one is cut');
is_deeply($r[0]{metadata}, { rows => 3000, truncated => JSON::PP::true },
    'and says so');
@r = run('display.html("<b>"); display.png(Buffer.from("abc")); '
    . 'display.jpeg("data:image/jpeg;base64,YWJj"); display.svg("<svg/>"); '
    . 'display.markdown("# m"); display.latex("x"); display.javascript("1"); '
    . 'display.json({ a: 1 }); display.pdf(new Uint8Array([97, 98, 99])); '
    . 'display({ "text/html": "<i>", "x/y": [1] }, { raw: true, metadata: '
    . '{ m: 1 } })');
is_deeply([map { my $e = $_; grep { !/^(?:type|metadata|timestamp)$/ } keys %$e }
    @r[0 .. 8]], [qw/html png jpeg svg markdown latex javascript json pdf/],
    'formats');
is_deeply([@{$r[1]}{png}, $r[2]{jpeg}, $r[8]{pdf}], [('YWJj') x 3], 'in base64');
is_deeply([@{$r[9]}{qw/html extra metadata/}], ['<i>', { 'x/y' => [1] },
    { m => 1 }], 'others');
@r = run('({ [Symbol.for("Jupyter.display")]: async () => ({ "text/html": '
    . '"<u>" }) })');
is($r[0]{html}, '<u>', 'an object that shows itself');
@r = run('Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0])');
is($r[0]{png}, 'iVBORw0KGgoA', 'a picture is seen as one');
is_deeply((run('({ a: [1, { b: null }] })'))[0]{json}, { a => [1, { b => undef }] },
    'JSON of a plain object');
ok(!exists((run('new Map()'))[0]{json}), 'and of no other');


# errors

my $e = error(run("const fine = 1;\nfunction fails() {\n    throw new TypeError"
    . "('bad');\n}\nfails()"));
is("$e->{ename}: $e->{evalue}", 'TypeError: bad', 'name and message');
is_deeply($e->{traceback}, ["TypeError: bad\n",
    "    at fails (<cell $e->{execution_count}>:3:11)\n",
    "    at <cell $e->{execution_count}>:5:1\n"], 'the stack, of user code only');
$e = error(run("await 0;\nthrow new Error('x')"));
is_deeply($e->{traceback}, ["Error: x\n",
    "    at <cell $e->{execution_count}>:2:7\n"], 'of a cell that awaits');
$e = error(run('await 0; @'));
is($e->{ename}, 'SyntaxError', 'what neither parser nor engine know');
is(texts(run('await 0; /[a&&b]/v.test("a"); 1')), '',
    'what only the engine knows runs without a value');
$e = error(run('throw new Error("outer", { cause: new RangeError("inner") })'));
like(join('', @{$e->{traceback}}), qr/\[cause\]: RangeError: inner/, 'its cause');
$e = error(run('require("fs").readFileSync("/none")'));
like(join('', @{$e->{traceback}}), qr/\{\n  errno: -2,\n  code: 'ENOENT'/,
    'its members');
$e = error(run('class Own extends Error {} throw new Own("mine")'));
is($e->{ename}, 'Own', 'a class of errors');
like(texts(run('new Error("a value")')),
    qr/\AError: a value\n    at <cell \d+>:1:1\z/, 'as a value');
for (['"text"', 'text'], ['null', 'null'], ['{ a: 1 }', '{ a: 1 }']) {
    $e = error(run("throw $_->[0]"));
    is("$e->{ename}: $e->{evalue}", "UncaughtValue: $_->[1]", "throw $_->[0]");
}
$e = error(run('setTimeout(() => { throw new RangeError("late") }, 5); '
    . 'await new Promise((r) => setTimeout(r, 2000)); console.log("never")'));
is("$e->{ename}: $e->{evalue}", 'RangeError: late', 'in a timer');
is($k->{out}, '', 'ends the cell');
$e = error(run('Promise.reject(new TypeError("nobody")); 1'));
is("$e->{ename}: $e->{evalue}", 'TypeError: nobody', 'an unhandled rejection');
like($e->{traceback}[1], qr/at <cell \d+>:1:16/, 'and where');
$e = error(run('Promise.reject("text"); 1'));
is($e->{evalue}, 'text', 'of a value');
my @e = run('process.on("unhandledRejection", (r) => console.log("own", r)); '
    . 'Promise.reject(5); await new Promise((r) => setTimeout(r, 50)); 2');
is(texts(@e) . $k->{out}, "2own 5\n", 'handlers of user code come first');
run('process.removeAllListeners(); 1');
$e = error(run('await 0; setTimeout(() => { throw new Error("still") }, 5); '
    . 'await new Promise(() => {})'));
is($e->{evalue}, 'still', 'and may remove all listeners');

$e = error(run("let fine2 = 1;\nlet x = = 2"));
is("$e->{ename}: $e->{evalue}", 'SyntaxError: Unexpected token', 'a mistake');
like($e->{traceback}[0], qr/\A<cell \d+>:2\nlet x = = 2\n {8}\^\nSyntaxError/,
    'its line, and a mark');
$e = error(run('let ' . 'y' x 5000 . ' = = 2'));
cmp_ok(length($e->{traceback}[0]), '<', 700, 'a long line is cut');
$e = error(run('return 5'));
is($e->{ename}, 'SyntaxError', 'return');
is(texts(run('let x1 = 1; x1')), '1', 'the next cell runs');


# the directory and environment of one call

@e = run('[process.cwd(), process.env.ONE]', cwd => '/usr', env => { ONE => '1' });
is(texts(@e), "[ '/usr', '1' ]", 'of a call');
@e = run('[process.cwd() === "/usr", process.env.ONE]');
is(texts(@e), '[ false, undefined ]', 'and only of that');
$e = error(run('1', cwd => '/no/such'));
like($e->{evalue}, qr{ENOENT.*/no/such}, 'no such directory');


# interrupts

run('let kept = 7, turns = 0; const cp = require("child_process"); '
    . 'const other = cp.spawn("sleep", ["100"])');
for my $code ('for (;;);', 'await 0; for (;;);', 'await new Promise(() => {})',
    'for (;;) { await new Promise((r) => setTimeout(r, 5)); turns++ }',
    'for await (const v of (async function* () { for (;;) { await new '
        . 'Promise((r) => setTimeout(r, 5)); yield } })()) turns++',
    'setTimeout(() => { for (;;); }, 10); await new Promise(() => {})',
    'process.nextTick(() => { for (;;); }); await 0',
    'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)',
    'for (;;) console.log("x".repeat(1000))', 'for (;;) display("x")',
    '/(a+)+b/.test("a".repeat(40))', 'cp.execSync("sleep 100")',
    'cp.execSync("sleep 100; true")')
{
    @e = $k->interrupt($code);
    is(error(@e)->{ename}, 'InterruptedError', $code);
    cmp_ok($k->{took}, '<', 10, 'at once');
}
@e = run('const before = turns; await new Promise((r) => setTimeout(r, 100)); '
    . '[turns === before, kept, other.exitCode, other.signalCode]');
is(texts(@e), '[ true, 7, null, null ]', 'all is kept, and what awaited has ended');
run('other.kill()');


# whatever user code does, the kernel lives

values_are('descriptors',
    'const fs = require("fs"); for (let i = 0; i < 300; i++) { try { '
        . 'fs.closeSync(i) } catch {} } 1' => '1',
    'for (const i of fs.readdirSync("/proc/self/fd")) for (const text of '
        . '["junk\n", ""]) { try { fs.writeSync(+i, text) } catch {} } 2' => '2',
    'for (const i of fs.readdirSync("/proc/self/fd")) { if (i > 2) try { '
        . 'fs.readSync(+i, Buffer.alloc(9)) } catch {} } 3' => '3',
    'process.stdout.end("end\n"); process.stdout.destroy(); 4' => '4',
);
is($k->{out}, "end\n", 'what it ends with');
is($k->{forged} // 0, 0, 'nothing was sent to the agent');
@e = run('console.log("out"); console.error("err")');
is($k->{out} . $k->{err}, "out\nerr\n", 'output is as before');
run('cp.spawnSync("sh", ["-c", "ls /proc/self/fd; echo junk >&3"], '
    . '{ stdio: "inherit" })');
is($k->{forged} // 0, 0, 'no child has the connection');
run('globalThis.JSON = globalThis.Promise = globalThis.Buffer = globalThis.Array '
    . '= globalThis.setImmediate = globalThis.process = globalThis.Date = '
    . 'globalThis.Atomics = globalThis.Error = globalThis.String = null; '
    . 'for (const o of ["", /x/, () => {}, (async () => {})(), {}]) '
    . 'for (const n of Object.getOwnPropertyNames(Object.getPrototypeOf(o))) '
    . 'try { Object.getPrototypeOf(o)[n] = null } catch {}');
is(texts(run('({ a: [1] })')), '{ a: [ 1 ] }', 'globals replaced');
like(error(run('none'))->{evalue}, qr/none is not defined/, 'errors too');
@e = $k->interrupt('for (;;);');
is(error(@e)->{ename}, 'InterruptedError', 'and interrupts');


# its end

for (['process.on("exit", () => console.log("bye")); process.exit(3)', 3, 0],
    ['process.removeAllListeners("exit"); process.reallyExit(4)', 4, 0],
    ['process.kill(process.pid, "SIGSEGV")', 0, 11],
    ['process.setUncaughtExceptionCaptureCallback(() => process.exit(5)); '
        . 'setTimeout(() => { throw 1 }, 1); await new Promise(() => {})', 5, 0])
{
    $k = Sandbox::Kernel->new(language => 'javascript');
    @e = run($_->[0]);
    is_deeply($e[-1], { exit => $_->[1], signal => $_->[2] }, $_->[0]);
    is($k->{out}, "bye\n", 'after its handlers') if $_->[0] =~ /bye/;
}

chdir '/';

done_testing();
