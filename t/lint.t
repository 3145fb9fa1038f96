#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: nothing

# tools/lint-rooms passes the sources, and names each violation that is put
# into a copy of them.

use warnings;
use strict;

use Cwd ();
use File::Basename ();
use File::Temp ();
use Test::More;

my $ROOT = Cwd::abs_path(File::Basename::dirname(__FILE__) . '/..');
my $TREES = 'ngx_sandbox_module agent_client agent';
my $copy = File::Temp::tempdir('sandbox-lint-XXXXXX', TMPDIR => 1,
    CLEANUP => 1);

fresh();
is(lint(), '', 'the sources pass');

# includes

put('agent/main/top.h', 'void agent_top(void);');
put('agent/sys/low.c', '#include "main/top.h"');
finds('an upward include',
    qr{^agent/sys/low\.c:1: includes main/top\.h, of main, which is above sys$}m);

put('ngx_sandbox_module/api/ngx_http_sandbox_top.h', '');
put('ngx_sandbox_module/core/ngx_http_sandbox_low.h',
    '#include "api/ngx_http_sandbox_top.h"');
finds('one of the module\'s, by a header',
    qr{low\.h:1: includes api/\S+, of api, which is above core$}m);

put('ngx_sandbox_module/lib/sandbox_low.c', '#include "ac_loop.h"');
finds('one of a tree above',
    qr{low\.c:1: includes ac_loop\.h, of \.\./agent_client, which is above lib$}m);

put('agent_client/agent/ac_here.h', '');
put('agent_client/http/ac_there.h', '#include "agent/ac_here.h"');
finds('an include of a room beside',
    qr{there\.h:1: includes agent/ac_here\.h, of agent, which is beside http$}m);

for my $name ('top.h', '../main/top.h', 'nowhere/top.h') {
    put('agent/main/top.h', '');
    put('agent/main/other.c', "#include \"$name\"");
    finds("an include of \"$name\"",
        qr{other\.c:1: "\Q$name\E" is not written "room/file\.h"$}m);
}

# a call needs no include

put('agent/main/top.h', 'void agent_top(void);');
put('agent/main/top.c', '#include "main/top.h"', 'void', 'agent_top(void)',
    '{', '}');
put('agent/sys/low.c', 'void agent_top(void);', 'static void', 'call(void)',
    '{', '    agent_top();', '}');
finds('a call of a room above',
    qr{low\.c:\d+: uses agent_top, of main, which is above sys$}m);

# circles

put('agent/sys/low.h', '#include "run/high.h"');
put('agent/run/high.h', '#include "sys/low.h"');
finds('a circle between rooms',
    qr{^a circle of \d+ rooms: .*\bagent/run,.* agent/sys$}m);

put('agent_client/http/ac_here.h', 'int ac_here(void);');
put('agent_client/http/ac_here.c', '#include "http/ac_here.h"',
    '#include "http/ac_there.h"', 'int', 'ac_here(void)', '{',
    '    return ac_there();', '}');
put('agent_client/http/ac_there.h', 'int ac_there(void);');
put('agent_client/http/ac_there.c', '#include "http/ac_here.h"',
    '#include "http/ac_there.h"', 'int', 'ac_there(void)', '{',
    '    return ac_here();', '}');
finds('a circle between files',
    qr{^a circle of 2 files: agent_client/http/ac_here\.c, agent_client/http/ac_there\.c$}m);

# exported names

put('ngx_sandbox_module/lib/sandbox_here.h', 'int sandbox_there(int n);');
put('ngx_sandbox_module/lib/sandbox_here.c', 'int', 'sandbox_there(int n)',
    '{', '    return n;', '}');
finds('a function exported from the wrong file',
    qr{here\.c:1: exports sandbox_there, which does not begin with sandbox_here$}m);

put('agent/sys/here.h', 'extern int  agent_there;');
put('agent/sys/here.c', 'int  agent_there = 1;');
finds('a variable exported from the wrong file',
    qr{here\.c:1: exports agent_there, which does not begin with agent_here or agent_sys_here$}m);

put('agent/sys/here.h', 'int agent_here_long(void);');
put('agent/sys/here.c', 'int', 'agent_here_long(void)', '{', '    return 1;',
    '}');
put('agent/sys/here_long.c', '');
finds('a name of another file', qr{here\.c:1: exports agent_here_long, which is a name of agent/sys/here_long\.c$}m);

put('agent/sys/here.h', '');
put('agent/sys/here.c', 'int', 'agent_here(void)', '{', '    return 1;', '}');
finds('a name that the header lacks',
    qr{here\.c:1: exports agent_here, which here\.h does not declare$}m);

put('agent/sys/here.c', 'int', 'agent_here(void)', '{', '    return 1;', '}');
finds('a source without its header',
    qr{here\.c:1: exports agent_here, but there is no here\.h$}m);

# places

put('agent/stray.h', '');
finds('a file in no room', qr{^agent/stray\.h: lies in no room$}m);

put('agent/attic/attic.h', '');
finds('a room that is not listed',
    qr{^agent/attic/attic\.h: the room attic is not in tools/rooms$}m);

# what only looks like a violation

put('agent/main/top.h', 'void agent_top(void);');
put('agent/main/top.c', '#include "main/top.h"', 'void', 'agent_top(void)',
    '{', '}');
put('agent/sys/low.h', 'int agent_sys_low(void);', 'int agent_low(void);');
put('agent/sys/low.c', '/* #include "main/top.h" */', '#include "sys/low.h"',
    'static const char  *text = "agent_top()";', 'static int', 'other(int n);',
    'typedef struct agent_other_s  agent_other_t;',
    'struct agent_other_s {', '    int  n;', '};',
    'static int', 'other(int n)', '{', '    return n + !text;', '}',
    'int', 'agent_low(void)', '{', '    return other(1);', '}',
    'int', 'agent_sys_low(void)', '{', '    return other(2);', '}');
is(lint(), '', 'comments, literals, types and static names pass');

done_testing();


# what the check says of the copy, which is then as the sources are

sub lint
{
    my $out = `$ROOT/tools/lint-rooms $copy 2>/dev/null`;
    my $rc = $? >> 8;

    is($rc, $out eq '' ? 0 : 1, 'its exit status');
    fresh();
    return $out;
}


sub finds
{
    my ($name, $re) = @_;
    like(lint(), $re, $name);
}


sub fresh
{
    my $out = `exec 2>&1; rm -rf $copy/* && mkdir $copy/tools && cp $ROOT/tools/rooms $copy/tools && cd $ROOT && cp -r $TREES $copy`;
    die $out if $?;
}


# a file of the copy, with these lines

sub put
{
    my ($path, @lines) = @_;

    mkdir File::Basename::dirname("$copy/$path");
    die "$path is there\n" if -e "$copy/$path";
    open my $fh, '>', "$copy/$path" or die "$path: $!\n";
    print $fh map { "$_\n" } @lines;
    close $fh or die $!;
}
