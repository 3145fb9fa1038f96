#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# What Python's libraries show in a code context, decoded: matplotlib, pandas,
# plotly, sympy, PIL and IPython, in the base image with packages of Debian.

use warnings;
use strict;

use Compress::Zlib ();
use JSON::PP ();
use MIME::Base64 qw/decode_base64/;
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Image;
use Sandbox::SSE;

my $image = Sandbox::Image::debian('python', qw/python3-plotly python3-sympy
    python3-tqdm python3-jinja2/);
my $t = Sandbox->new(classes => ["default image=$image memory=1g"])->start();
my ($true, $false) = (JSON::PP::true, JSON::PP::false);


sub run
{
    my ($code) = @_;
    my $c = $t->connect();
    $c->request('POST', '/v1/sandbox/charts/api/execute/code',
        $t->api_options(json => { code => $code }));
    my $res = $c->head();
    die "$res->{status}: " . $c->body() if $res->{status} != 200;
    my $sse = Sandbox::SSE->new($c);
    my @events;
    while (my $e = $sse->next(120)) {
        push @events, JSON::PP::decode_json($e->{data});
    }
    diag(explain $events[-1])
        if $events[-1]{type} eq 'error' && $code !~ /# fails/;
    return @events;
}


sub results { return grep { $_->{type} eq 'result' } run(@_) }
sub out { return join '', map { $_->{text} } grep { $_->{type} eq 'stdout' } @_ }


# the width and height of a picture all of whose rows are there

sub png
{
    my ($base64) = @_;
    my $data = decode_base64($base64 // '');
    return 'no PNG' if substr($data, 0, 8) ne "\x89PNG\r\n\x1a\n";

    my ($w, $h, $depth, $kind) = unpack 'x16 N2 C2', $data;
    my ($at, $packed) = (8, '');
    while ($at < length $data) {
        my ($len, $type) = unpack "x$at N a4", $data;
        $packed .= substr $data, $at + 8, $len if $type eq 'IDAT';
        $at += $len + 12;
    }

    my $channels = { 0 => 1, 2 => 3, 3 => 1, 4 => 2, 6 => 4 }->{$kind};
    my $rows = Compress::Zlib::uncompress($packed) // '';
    return 'cut off' if length($rows) != $h * (1 + $w * $channels * $depth / 8);
    return [$w, $h];
}


# the chart of the figure that a cell draws with "ax"

sub chart
{
    my ($code, %o) = @_;
    my @r = results("fig, ax = plt.subplots($o{of})\n$code\nNone") if $o{of};
    @r = results("fig, ax = plt.subplots()\n$code\nNone") if !$o{of};
    is(scalar @r, 1, 'one result') or diag($code);
    ok(ref png($r[0]{png}), 'with a picture') or diag(png($r[0]{png}));
    return $r[0]{chart};
}


sub series { return chart(@_)->{series} }
sub points { return chart(@_)->{series}[0]{points} }


run(<<'END');
import datetime, io, math, os, sys, time
import matplotlib.pyplot as plt, numpy as np, pandas as pd
END


# charts: what was plotted, and how

is_deeply(chart(<<'END'),
ax.plot([1, 10, 100], [2, 4, 8.5], label='a')
ax.plot([1, 100], [3, float('nan')], 'o', label='b')
ax.set(title='T', xlabel='Time (s)', ylabel='Size [m]', xscale='log',
       yscale='log')
END
    { type => 'mixed', library => 'matplotlib', title => 'T', axes => {
        x => { label => 'Time', unit => 's', scale => 'log' },
        y => { label => 'Size', unit => 'm', scale => 'log' } },
      series => [
        { type => 'line', label => 'a', points => [[1, 2], [10, 4],
            [100, 8.5]] },
        { type => 'scatter', label => 'b', points => [[1, 3],
            [100, undef]] }] }, 'lines');

is_deeply(series("ax.scatter([1, 2, 3], [4, float('nan'), 6.5], c=[7, 8, 9], "
    . "label='s')"), [{ type => 'scatter', label => 's', points => [[1, 4],
    [2, undef], [3, 6.5]], values => [7, undef, 9] }], 'scatter');
is_deeply(series("ax.bar(['x', 'y'], [3, 4.5])"), [{ type => 'bar',
    label => '', points => [['x', 3], ['y', 4.5]] }], 'bars of categories');
is_deeply(series("ax.bar([1, 2], [3, 4], width=1)")->[0]{type}, 'bar',
    'bars that touch');
is_deeply(series("ax.barh(['x', 'y'], [3, 4])"), [{ type => 'bar',
    label => '', points => [[3, 'x'], [4, 'y']],
    orientation => 'horizontal' }], 'horizontal bars');
is_deeply(series(<<'END'), [
at = np.arange(2)
ax.bar(at - .2, [1, 2], .4, label='l')
ax.bar(at + .2, [3, 4], .4, label='r', bottom=[1, 0], yerr=.1, capsize=2)
ax.set_xticks(at, ['first', 'second'])
END
    { type => 'bar', label => 'l', points => [[-0.2, 1], [0.8, 2]] },
    { type => 'bar', label => 'r', points => [[0.2, 3], [1.2, 4]],
      base => [1, 0] }], 'groups, stacks and errors of bars');
is_deeply(chart("ax.bar([0, 1], [5, 6]); ax.set_xticks([0, 1], ['u', 'v'])"),
    { type => 'bar', library => 'matplotlib', title => '', axes => {
        x => { label => '', unit => undef, scale => 'linear',
            ticks => [[0, 'u'], [1, 'v']] },
        y => { label => '', unit => undef, scale => 'linear' } },
      series => [{ type => 'bar', label => '', points => [['u', 5],
        ['v', 6]] }] }, 'bars with names of ticks');
is_deeply(series("ax.hist([1, 1, 2, 3, 3, 3], bins=[1, 2, 3, 4], label='h')"),
    [{ type => 'histogram', label => 'h', points => [[1.5, 2], [2.5, 1],
        [3.5, 3]], edges => [1, 2, 3, 4] }], 'a histogram');
is_deeply(series("ax.hist([[1, 1], [2, 2]], bins=[1, 2, 3], label=['p', 'q'],"
    . " histtype='step')"), [
    { type => 'histogram', label => 'p', points => [[1.5, 2], [2.5, 0]],
        edges => [1, 2, 3] },
    { type => 'histogram', label => 'q', points => [[1.5, 0], [2.5, 2]],
        edges => [1, 2, 3] }], 'two histograms');
is_deeply(series("ax.hist(x='v', data=pd.DataFrame({'v': [1, 2]}), bins=[1, 2, "
    . "3])")->[0]{points}, [[1.5, 1], [2.5, 1]], 'of a column');
is_deeply(series("ax.pie([1, 3], labels=['x', 'y'], autopct='%d')"),
    [{ type => 'pie', label => '', points => [['x', 1], ['y', 3]],
        shares => [0.25, 0.75] }], 'a pie');
is_deeply(series("ax.boxplot([[1, 2, 3, 4, 50], [5, 6]], labels=['x', 'y'])"),
    [{ type => 'box', label => '', points => [['x', 3], ['y', 5.5]],
       boxes => [
        { label => 'x', min => 1, q1 => 2, median => 3, q3 => 4, max => 4,
          outliers => [50] },
        { label => 'y', min => 5, q1 => 5.25, median => 5.5, q3 => 5.75,
          max => 6, outliers => [] }] }], 'boxes');
is_deeply(series("ax.fill_between([1, 2, 3], [4, 5, 6], [1, 1, 2])"),
    [{ type => 'area', label => '', points => [[1, 4], [2, 5], [3, 6]],
       base => [1, 1, 2] }], 'an area');
is_deeply(series("ax.errorbar([1, 2], [3, 4], yerr=.5, capsize=3, label='e')"),
    [{ type => 'line', label => 'e', points => [[1, 3], [2, 4]] }],
    'error bars');
is_deeply(series("ax.stem([1, 2], [3, 4])"), [{ type => 'stem', label => '',
    points => [[1, 3], [2, 4]] }], 'stems');
is_deeply(series("ax.plot([1, 2], [3, 4]); ax.axhline(3.5); ax.axvline(1.5); "
    . "ax.axline((1, 3), slope=1)"), [
    { type => 'line', label => '', points => [[1, 3], [2, 4]] },
    { type => 'hline', label => '', points => [[undef, 3.5]] },
    { type => 'vline', label => '', points => [[1.5, undef]] }],
    'lines across');
is_deeply(series("ax.imshow([[1, 2], [3, 4]])"), [{ type => 'heatmap',
    label => '', values => [[1, 2], [3, 4]] }], 'an image');
is_deeply(series("ax.pcolormesh([[1, 2], [3, 4]])"), [{ type => 'heatmap',
    label => '', values => [[1, 2], [3, 4]] }], 'a mesh');
is_deeply(series("ax.contour([[1, 2], [3, 4]])"), [], 'a contour has no points');
is_deeply(series("ax.stairs([1, 2], [0, 1, 2])"), [{ type => 'histogram',
    label => '', points => [[0.5, 1], [1.5, 2]], edges => [0, 1, 2] }],
    'stairs');

my $chart = chart("ax.plot([0, 1], [2, 3])",
    of => "subplot_kw={'projection': 'polar'}");
is($chart->{projection}, 'polar', 'polar axes');
$chart = chart("ax.plot([0, 1], [2, 3], [4, 5]); ax.scatter([1], [2], [3])",
    of => "subplot_kw={'projection': '3d'}");
is($chart->{projection}, '3d', 'axes of three dimensions');
is_deeply([map { $_->{points} } @{$chart->{series}}],
    [[[0, 2, 4], [1, 3, 5]], [[1, 2, 3]]], 'have points of three');

$chart = chart(<<'END');
ax.plot([datetime.datetime(2024, 1, 2, 3), datetime.datetime(2024, 2, 1)],
        [1, 2])
other = ax.twinx()
other.bar([datetime.date(2024, 1, 2)], [30])
other.set_ylabel('Other (K)')
END
is_deeply($chart->{series}[0]{points}, [['2024-01-02T03:00:00', 1],
    ['2024-02-01T00:00:00', 2]], 'times');
is_deeply($chart->{series}[1]{points}, [['2024-01-02T00:00:00', 30]],
    'bars at times');
is_deeply($chart->{axes}, {
    x => { label => '', unit => undef, scale => 'time' },
    y => { label => '', unit => undef, scale => 'linear' },
    y2 => { label => 'Other', unit => 'K', scale => 'linear' } },
    'twin axes');

$chart = chart(<<'END', of => '1, 2');
fig.suptitle('Both')
ax[0].plot(['lo', 'hi'], [1, 2])
ax[0].set_title('left')
mesh = ax[1].scatter([1], [2], c=[3])
fig.colorbar(mesh)
END
is("$chart->{type} $chart->{title}", 'subplots Both', 'subplots');
is_deeply([map { $_->{title} } @{$chart->{charts}}], ['left', ''],
    'each but the colour bar');
is_deeply($chart->{charts}[0]{series}[0]{points}, [['lo', 1], ['hi', 2]],
    'a line of categories');
is_deeply($chart->{charts}[0]{axes}{x}{categories}, ['lo', 'hi'],
    'which are named');

$chart = chart(<<'END');
df = pd.DataFrame({'v': [1., 2, 3]}, index=pd.period_range('2024-01',
                  periods=3, freq='M').to_timestamp())
df.plot(ax=ax)
END
is_deeply($chart->{series}[0], { type => 'line', label => 'v', points => [
    ['2024-01-01T00:00:00', 1], ['2024-02-01T00:00:00', 2],
    ['2024-03-01T00:00:00', 3]] }, 'of pandas: a monthly series');
is($chart->{axes}{x}{scale}, 'time', 'is one of time');
is_deeply(points("pd.Series([1, 2], ['p', 'q']).plot.bar(ax=ax)"),
    [['p', 1], ['q', 2]], 'of pandas: bars');
is_deeply(series("pd.DataFrame({'v': [1, 1, 2]}).plot.hist(bins=2, ax=ax)")
    ->[0]{points}, [[1.25, 2], [1.75, 1]], 'of pandas: a histogram');
is_deeply(points("pd.Series([1, 3], ['p', 'q']).plot.pie(ax=ax)"),
    [['p', 1], ['q', 3]], 'of pandas: a pie');
is(series("pd.DataFrame({'v': [1, 2, 3]}).boxplot(ax=ax)")->[0]{boxes}[0]
    {median}, 2, 'of pandas: a box');

my $series = series("ax.plot(range(50_000))")->[0];
ok(@{$series->{points}} <= 10_000 && $series->{truncated},
    'many points are thinned, which is said');
is_deeply($series->{points}[1], [5, 5], 'evenly');


# pictures

my @r = results(my $figure = <<'END');
from PIL import Image
fig = plt.figure(figsize=(3, 2), dpi=50)
plt.plot([1, 2]); plt.title('\u03c4')
file = io.BytesIO()
fig.savefig(file, bbox_inches='tight')
print(*Image.open(file).size)
END
is(scalar @r, 1, 'a figure appears without plt.show()');
my ($printed) = grep { $_->{type} eq 'stdout' } run($figure);
is("@{png($r[0]{png})}\n", $printed->{text}, 'as large as it is saved');

@r = results("for n in range(3):\n    plt.figure(); plt.plot([n])\nplt.show()\n"
    . 'plt.plot([3]); None');
is(join(' ', map { $_->{chart}{series}[0]{points}[0][1] } @r), '0 1 2 3',
    'four figures of one cell, in order');
@r = results("fig, ax = plt.subplots(); ax.plot([1]); fig");
is(scalar @r, 1, 'a figure as the value appears once');
@r = results("fig, ax = plt.subplots(); ax.plot([1]); display(fig); "
    . 'from IPython.display import display as show; show(fig); None');
is(scalar(grep { $_->{chart} && ref png($_->{png}) } @r), 2,
    'and as often as it is displayed, by IPython too');
is(scalar(results('plt.plot([1]); plt.close(); plt.figure(); None')), 0,
    'neither a closed one nor an empty one');
is(scalar(results('plt.gcf().axes; None')), 0, 'nothing is left for later');
@r = results("plt.plot([1])\n1/0 # fails");
is(scalar @r, 1, 'one of a cell that fails');
@r = results("import matplotlib; matplotlib.use('agg')\nplt.plot([1]); None");
is(scalar @r, 1, 'with another backend');
@r = results("from matplotlib.figure import Figure\nf = Figure(); "
    . 'f.subplots().plot([1]); f');
is(scalar @r, 1, 'without pyplot');

for my $name ('inline', 'agg', 'notebook', 'widget', 'qt', '', '--list') {
    @r = results("%matplotlib $name\nplt.plot([1, 2]); None");
    is(scalar(grep { ref png($_->{png}) } @r), 1, "%matplotlib $name");
}
@r = results("%pylab inline\nplot([1, 2]); None");
is(scalar @r, 1, '%pylab');

run("%config InlineBackend.figure_formats = {'svg', 'pdf', 'jpeg'}");
@r = results('plt.figure(figsize=(2, 1)); plt.plot([1, 2]); None');
like($r[0]{svg}, qr/<svg\b.*<path\b.*<\/svg>/s, 'as SVG');
like(decode_base64($r[0]{pdf}), qr/^%PDF-.*%%EOF\s*\z/s, 'as PDF');
like(decode_base64($r[0]{jpeg}), qr/^\xff\xd8.*\xff\xd9\z/s, 'as JPEG');
ok(!$r[0]{png}, 'and not as PNG');
is($r[0]{chart}{type}, 'line', 'with its chart');
run("%config InlineBackend.figure_format = 'png'");

my ($r) = results("Image.new('RGB', (7, 5), 'red')");
is_deeply(png($r->{png}), [7, 5], 'a picture of PIL');
($r) = results("Image.fromarray(np.zeros((200, 300), dtype=np.uint8))");
is_deeply(png($r->{png}), [300, 200], 'of an array');
($r) = results("Image.effect_noise((2400, 2400), 99)");
cmp_ok(length(decode_base64($r->{png})), '>', 5 << 20, 'five megabytes');
is_deeply(png($r->{png}), [2400, 2400], 'all of them');


# data frames

($r) = results(<<'END');
pd.DataFrame({
    'i': [1, 2], 'f': [.1, float('nan')], 's': ['<x>', None],
    'b': [True, False], 't': pd.to_datetime(['2024-01-02', None]),
    'd': pd.to_timedelta(['1 day', None]), 'o': [[1, {'k': 2}], float('-inf')],
    'c': pd.Categorical(['u', 'v']), 'n': pd.array([1, None], dtype='Int64'),
    'z': [1e-20, 12345678.123456789]})
END
is_deeply($r->{data}{records}, [
    { i => 1, f => 0.1, s => '<x>', b => $true, t => '2024-01-02T00:00:00',
      d => '1 days 00:00:00', o => [1, { k => 2 }], c => 'u', n => 1,
      z => 1e-20 },
    { i => 2, f => undef, s => undef, b => $false, t => undef, d => undef,
      o => undef, c => 'v', n => undef, z => 12345678.123456789 }],
    'records') or diag(explain $r->{data}{records});
is_deeply([map { "$_->{name} $_->{dtype}" } @{$r->{data}{columns}}],
    ['i int64', 'f float64', 's object', 'b bool', 't datetime64[ns]',
     'd timedelta64[ns]', 'o object', 'c category', 'n Int64', 'z float64'],
    'columns');
is_deeply($r->{data}{shape}, [2, 10], 'shape');
ok(!$r->{data}{truncated} && !$r->{data}{index}, 'nothing is left out');
like($r->{html}, qr{<th>i</th>.*<td>1</td>.*<td>&lt;x&gt;</td>.*<td>NaT</td>}s,
    'the cells as HTML');
like($r->{text}, qr/^ +i +f +s.*\n0 +1 +0\.1 +<x>/, 'and as text');

($r) = results("pd.DataFrame(np.arange(300_000).reshape(1500, 200)).assign("
    . 'last=1)');
is_deeply([scalar @{$r->{data}{records}}, scalar @{$r->{data}{columns}},
    $r->{data}{shape}, $r->{data}{truncated}],
    [1000, 200, [1500, 201], $true], 'a large one is cut, which is said');
is_deeply($r->{data}{records}[999]{199}, 199_999, 'to its first values');
($r) = results("pd.DataFrame([[1, 2, 3]], columns=['a', 'b', 'a'], "
    . "index=pd.MultiIndex.from_tuples([('p', 1)], names=['k', None]))");
is_deeply($r->{data}{records}, [{ a => 1, b => 2, 'a.1' => 3 }],
    'columns of one name');
is_deeply($r->{data}{index}, { name => 'k, ', values => [['p', 1]] },
    'an index of two levels');
($r) = results("pd.DataFrame({('x', 'y'): [1]}, index=pd.to_datetime(["
    . "'2024-01-02']))");
is_deeply([$r->{data}{records}, $r->{data}{index}{values}],
    [[{ 'x, y' => 1 }], ['2024-01-02T00:00:00']], 'columns of two levels');
($r) = results("pd.Series([1.5, None], name='v')");
is_deeply($r->{data}{records}, [{ v => 1.5 }, { v => undef }], 'a series');
is_deeply(results('pd.DataFrame()') && (results('pd.DataFrame()'))[0]{data}
    {records}, [], 'an empty one');
($r) = results("pd.DataFrame({'a': [1]}).style.format('{:.2f}')");
like($r->{html}, qr/1\.00/, 'a styled one');
($r) = results("from IPython.display import display as show\n"
    . "show(pd.DataFrame({'a': [1]}))");
is_deeply($r->{data}{records}, [{ a => 1 }], 'displayed by IPython');


# other libraries

($r) = results("import plotly.express as px\n"
    . "f = px.line(x=[1, 2], y=[3, 4], title='P'); f");
is_deeply($r->{extra}{'application/vnd.plotly.v1+json'}{data}[0]{y}, [3, 4],
    'plotly: the figure');
like($r->{html}, qr/<div>.*<script.*Plotly\.newPlot/s, 'plotly: as HTML');
cmp_ok(length($r->{html}), '<', 100_000, 'without all of its library');
is(scalar(results('f.show()')), 1, 'plotly: show()');
($r) = results('f.to_html()[:5]');
is($r->{text}, "'<html'", 'plotly: its own HTML');

($r) = results("import sympy\nx = sympy.Symbol('x'); "
    . 'sympy.Integral(x ** 2, x)');
like($r->{latex}, qr/\\int x\^\{2\}/, 'sympy: LaTeX');
run('sympy.init_printing()');
($r) = results('x ** 2');
like($r->{latex}, qr/x\^\{2\}/, 'sympy: init_printing()');

($r) = results("from IPython.display import *\nHTML('<b>x</b>')");
is($r->{html}, '<b>x</b>', 'IPython: HTML');
for my $case (['Markdown', '# t', 'markdown'], ['Latex', '$x$', 'latex'],
    ['Javascript', 'f()', 'javascript'], ['SVG', '<svg/>', 'svg'])
{
    my ($class, $text, $member) = @$case;
    ($r) = results("$class('$text')");
    like($r->{$member}, qr/\Q$text\E/, "IPython: $class");
}
($r) = results("JSON({'a': [1, None]})");
is_deeply($r->{json}, { a => [1, undef] }, 'IPython: JSON');
($r) = results("import base64\nImage_ = __import__('IPython.display', "
    . "fromlist=['Image']).Image\nb = io.BytesIO(); "
    . "__import__('PIL.Image', fromlist=['new']).new('L', (3, 2)).save(b, "
    . "'jpeg'); Image_(b.getvalue())");
like(decode_base64($r->{jpeg}), qr/^\xff\xd8/, 'IPython: a JPEG');
@r = results("h = display('first', display_id='d'); h.update('second')");
is(join(' ', map { "$_->{text} $_->{metadata}{display_id}" } @r),
    "'first' d 'second' d", 'IPython: an update');


# magics

my $out = out(run("%%time\nsum(range(10))"));
like($out, qr/Wall time/, '%%time');
($r) = results("%%time\n42");
is($r->{text}, '42', 'its value');
is((run("%%time\n1 / 0 # fails"))[-1]{ename}, 'ZeroDivisionError',
    'an error in one');
like(out(run('%timeit -n 1 -r 1 1')), qr/per loop/, '%timeit');
is(out(run("%%bash\necho one\necho two")), "one\ntwo\n", '%%bash');
is(out(run("print('1')\n!echo \$((1 + 1))\nprint('3')")), "1\n2\n3\n",
    '!command');
is((results("x = !echo a b\nx[0].split()"))[0]{text}, "['a', 'b']",
    'its output');
is((run('!exit 3'))[-1]{type}, 'execution_complete', 'one that fails');
is((results('_exit_code'))[0]{text}, '3', 'its status');
is((results("%cd -q /tmp\nos.getcwd()"))[0]{text}, "'/tmp'", '%cd');
is((results("%env NAME=value\nos.environ['NAME']"))[0]{text}, "'value'",
    '%env');
run("%%writefile /tmp/script.py\nran = __name__\nprint('script')");
is(out(run('%run /tmp/script.py')), "script\n", '%run');
is((results('ran'))[0]{text}, "'__main__'", 'and its variables');
is(out(run("%%capture got\nprint('hidden')")), '', '%%capture');
is((results('got.stdout'))[0]{text}, "'hidden\\n'", 'and what it has');
like(out(run("len?")) . join('', map { $_->{text} // '' } results('len?')),
    qr/number of items/, 'help?');
is((results("%%html\n<i>x</i>"))[0]{html} =~ s/\n//r, '<i>x</i>', '%%html');
like(join('', map { $_->{text} // $_->{evalue} // '' }
    run('%no_such_magic # fails')), qr/no_such_magic/, 'an unknown one');
is((results("%matplotlib inline\nawait __import__('asyncio').sleep(0, 5)"))[0]
    {text}, '5', 'with await');


# an interrupt of C code, and what it leaves

my $c = $t->connect();
$c->request('POST', '/v1/sandbox/charts/api/execute/code', $t->api_options(
    json => { code => "print('go')\nn = 0\nwhile True:\n"
        . "    np.linalg.svd(np.random.rand(100, 100)); n += 1" }));
$c->head();
my $sse = Sandbox::SSE->new($c);
like($sse->next(60)->{data}, qr/"go/, 'numpy computes');
ok($t->api('POST', '/v1/sandbox/charts/api/contexts/default-python/interrupt')
    ->{json}{interrupted}, 'and is interrupted');
like($sse->next(60)->{data}, qr/"ename":"KeyboardInterrupt"/,
    'at its next call');
is((results('isinstance(n, int)'))[0]{text}, 'True', 'with its state');


# progress and packages

my @events = run("from tqdm import tqdm\nfor _ in tqdm(range(3), "
    . 'mininterval=0): time.sleep(.05)');
my @bars = grep { $_->{type} eq 'stderr' } @events;
cmp_ok(scalar @bars, '>=', 3, 'tqdm is seen while it goes on');
like($bars[-1]{text}, qr/\r100%.*3\/3/, 'to its end');

is((run('import midway # fails'))[-1]{ename}, 'ModuleNotFoundError',
    'a package that is missing');
@events = run(<<'END');
import zipfile
with zipfile.ZipFile('/tmp/midway-1.0-py3-none-any.whl', 'w') as z:
    z.writestr('midway.py', 'value = 42\n')
    for name, text in {
        'METADATA': 'Metadata-Version: 2.1\nName: midway\nVersion: 1.0\n',
        'WHEEL': 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\n'
                 'Tag: py3-none-any\n', 'RECORD': ''}.items():
        z.writestr('midway-1.0.dist-info/' + name, text)
%pip install --no-index /tmp/midway-1.0-py3-none-any.whl
END
like(out(@events), qr/Successfully installed midway-1\.0/, 'is installed');
is((results('import midway; midway.value'))[0]{text}, '42', 'and imported');

$t->done();
