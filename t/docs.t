#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: nothing

# The documents have every directive, option, variable, route, error code and
# metric of the code, and none that the code has not.

use warnings;
use strict;

use File::Find ();
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Snippet;
use Sandbox::Transcript;

chdir root_dir() or die $!;

my $DIRECTIVES = slurp('docs/directives.md');
my $API = join '', map { slurp($_) } glob 'docs/api*.md';
my $OPERATING = slurp('docs/operating.md');

# line breaks and the joints of string literals taken out
my $MODULE = flat(glob 'ngx_sandbox_module/*/*.[ch]');
my $AGENT = flat(glob 'agent/*/*.[ch]');
my $CLIENT = flat(glob 'agent_client/*.[ch] agent_client/*/*.[ch]');

my $METHOD = qr/(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)/;

my %context = (
    NGX_HTTP_MAIN_CONF => 'http', NGX_HTTP_SRV_CONF => 'server',
    NGX_HTTP_LOC_CONF => 'location', NGX_HTTP_UPS_CONF => 'upstream',
);

my %status = (
    NGX_HTTP_BAD_REQUEST => 400, NGX_HTTP_UNAUTHORIZED => 401,
    NGX_HTTP_FORBIDDEN => 403, NGX_HTTP_NOT_FOUND => 404,
    NGX_HTTP_NOT_ALLOWED => 405, NGX_HTTP_REQUEST_URI_TOO_LARGE => 414,
    NGX_HTTP_NOT_IMPLEMENTED => 501, NGX_HTTP_VERSION_NOT_SUPPORTED => 505,
    NGX_HTTP_CONFLICT => 409, NGX_HTTP_REQUEST_ENTITY_TOO_LARGE => 413,
    NGX_HTTP_TOO_MANY_REQUESTS => 429, NGX_HTTP_INTERNAL_SERVER_ERROR => 500,
    NGX_HTTP_BAD_GATEWAY => 502, NGX_HTTP_SERVICE_UNAVAILABLE => 503,
    NGX_HTTP_GATEWAY_TIME_OUT => 504, NGX_HTTP_INSUFFICIENT_STORAGE => 507,
    $MODULE =~ /#define (NGX_HTTP_SANDBOX_\w+) +(4\d\d)\b/g,
);

directives();
options();
variables();
metrics();
routes();
examples();
errors_of_nginx();
errors_of_the_agent();
log_lines();
pages();
policy();
names_in_use();
selftest();
links();
rooms();
bounds();
snippets();

done_testing();


sub flat
{
    my $text = join "\n", map { slurp($_) } @_;

    # a quote that begins no string
    $text =~ s/'"'/'q'/g;

    $text =~ s{/\*.*?\*/}{}gs;
    $text =~ s/^(#define.*?)$/$1;/gm;
    $text =~ s/\s+/ /g;
    $text =~ s/" NGX_HTTP_SANDBOX_CONTAINER "/nginx-sandbox-/g;
    $text =~ s/(?<!\\)" "//g;

    return $text;
}


# two hashes of name => what; at least so many of them, or nothing was parsed

sub same
{
    my ($what, $least, $code, $docs) = @_;

    cmp_ok(scalar keys %$code, '>=', $least, "$what: the code has some");
    is("@{[sort grep { !exists $docs->{$_} } keys %$code]}", '',
        "$what: none is undocumented");
    is("@{[sort grep { !exists $code->{$_} } keys %$docs]}", '',
        "$what: none is documented that is not there");

    for (sort keys %$code) {
        next if !exists $docs->{$_} || !length $code->{$_}
            || !length $docs->{$_};
        is($docs->{$_}, $code->{$_}, "$what: $_");
    }
}


sub sorted
{
    my %seen;
    return join ' ', sort grep { !$seen{$_}++ } @_;
}


# rows of the tables in a part of a document: [cell, cell, ...]

sub rows
{
    my ($text) = @_;
    my @rows;

    while ($text =~ /^\| (.*) \|$/mg) {
        push @rows, [split / \| /, $1];
    }

    return @rows;
}


# the text below a heading, up to the next one of that level or above

sub section
{
    my ($text, $title) = @_;

    my ($marks) = $text =~ /^(#+) \Q$title\E$/m;
    die "no section \"$title\"\n" if !defined $marks;

    my $n = length $marks;
    my ($body) = $text =~ /^$marks \Q$title\E\n(.*?)(?=^#{1,$n} |\z)/ms;
    return $body;
}


sub directives
{
    my (%code, %docs);

    my ($table) = $MODULE =~ /ngx_http_sandbox_commands\[\] = \{(.*?)ngx_null/
        or die "no table of directives\n";

    while ($table =~ /ngx_string\("(\w+)"\), ([A-Z0-9_|]+),/g) {
        my ($name, $flags) = ($1, $2);
        $code{$name} = sorted(map { $context{$_} }
            grep { $context{$_} } split /\|/, $flags);
    }

    my $text = section($DIRECTIVES, 'Directives');

    while ($text =~ /^### (\w+)\n\n(.*?)\n\n/msg) {
        my ($name, $head) = ($1, $2);

        like($head, qr/^    Syntax:   \Q$name\E(?: [^;]+)?;$/m,
            "$name: its syntax");
        like($head, qr/^    Default:  (?:—|\Q$name\E [^;]+;)$/m,
            "$name: its default");
        my ($where) = $head =~ /^    Context:  (.+)$/m;
        $docs{$name} = sorted(split /, /, $where // '');
    }

    same('directives', 15, \%code, \%docs);
}


sub options
{
    my %code = map { $_ => '' } $MODULE =~ /ngx_http_sandbox_is\("(\w+)"\)/g;
    my %docs = map { $_->[0] =~ /^`(\w+)=`$/ ? ($1 => '') : () }
        rows(section($DIRECTIVES, 'sandbox_class'));

    same('options of a class', 8, \%code, \%docs);
}


sub variables
{
    my ($table) = $MODULE
        =~ /ngx_http_variable_t ngx_http_sandbox_variables\[\] = \{(.*?)null/
        or die "no table of variables\n";
    my %code = map { $_ => '' } $table =~ /ngx_string\("(\w+)"\)/g;
    my %docs = map { $_->[0] =~ /^`\$(\w+)`$/ ? ($1 => '') : () }
        rows(section($DIRECTIVES, 'Variables'));

    same('variables', 10, \%code, \%docs);
}


sub metrics
{
    my ($table) = $MODULE
        =~ /ngx_http_sandbox_metrics\[\] = \{(.*?)\{ NULL,/
        or die "no table of metrics\n";
    my $text = section($DIRECTIVES, 'Metrics');
    my %code = map { $_ => '' } $table =~ /\{ "(\w+)"/g;
    my %docs = map { $_->[0] =~ /^`(\w+)`$/ ? ($1 => '') : () } rows($text);

    same('metrics', 15, \%code, \%docs);

    for ($table =~ /\{start=\\"(\w+)\\"\}/g) {
        like($text, qr/"\Q$_\E"|`\Q$_\E`/, "metrics: start \"$_\"");
    }
}


sub routes
{
    my (%code, %listed, %api);

    while ($MODULE =~ m{"($METHOD(?:, $METHOD)*)", "(/[^"]*)"}g) {
        $code{$2} = sorted(split(/, /, $1), split / /, $code{$2} // '');
    }

    for (rows(section($API, 'Routes'))) {
        my ($route) = $_->[1] =~ m{^`(/\S*)`$} or next;
        $listed{$route} = sorted($_->[0] =~ /`($METHOD)`/g);
    }

    same('routes in the list', 10, \%code, \%listed);

    # HEAD goes without saying in the tables of answers

    like($API, qr/HEAD works wherever GET does/, 'HEAD in docs/api*.md');

    while ($API =~ m{`($METHOD(?:, $METHOD)*) (/[^` ]+)`}g) {
        $api{$2} = sorted((map { $_ eq 'GET' ? qw/GET HEAD/ : $_ }
            split /, /, $1), split / /, $api{$2} // '');
    }

    same('routes in the tables of answers', 10, \%code, \%api);

    # the agent serves those that are its own, and no other is let through

    # "/file" alone is an empty path, an error as that of "/file/"

    my %agent = map { ("/v1/sandbox/:id$_" => '') }
        map { s{/:(\w+)\*$}{/<$1>}r } grep { $_ ne '/' && $_ ne '/file' }
        $AGENT =~ m{\{ "$METHOD", "(/[^"]*)",}g;
    my %passed = map { $_ => '' }
        grep { m{/:id/(?!(?:running|sleep|wake|restart|mount|unmount)$|ports
                |tunnel|api/backup/)}x } keys %code;

    same('routes of the agent', 6, \%agent, \%passed);
}


# each method of each route is in an example of docs/api*.md that shows its
# reply; t/docs_api.t runs them

sub examples
{
    my @called;

    for my $snippet (grep { $_->{lang} eq '' && $_->{file} =~ m{^docs/api} }
        Sandbox::Snippet::all())
    {
        for (Sandbox::Transcript::commands($snippet->{text})) {
            my ($command, $shown) = @$_;
            push @called, called($command)
                if $shown ne '' || $command =~ / -o demo\.tar$/;
        }
    }

    my @missing;

    for (rows(section($API, 'Routes'))) {
        my ($route) = $_->[1] =~ m{^`(/\S*)`$} or next;
        my $like = join '.+', map { join '[^/]+', map { quotemeta }
            split /:\w+/, $_, -1 } split /<path>/, $route, -1;

        for my $method ($_->[0] =~ /`($METHOD)`/g) {
            push @missing, "$method $route" if $method ne 'HEAD'
                && !grep { /^$method $like$/ } @called;
        }
    }

    cmp_ok(scalar @called, '>=', 100, 'examples: some were found');
    is(join("\n", @missing), '', 'examples: every route has one');
}


# "METHOD /path" of each call of curl in a command line

sub called
{
    my ($command) = @_;
    my @called;

    $command =~ s{\$sandbox\b}{localhost:8080/v1/sandbox/demo}g;

    for (split /\bcurl /, $command) {
        my ($path) = m{localhost:8080(/[^\s?"']*)} or next;
        my $method = / -X (\w+)/ ? $1 : / --(?:json|data-binary) / ? 'POST'
            : / -T / ? 'PUT' : 'GET';
        push @called, "$method $path";
    }

    return @called;
}


# {code => statuses} of the tables in a section of docs/api*.md

sub documented_errors
{
    my ($title) = @_;
    my %docs;

    for (rows(section($API, $title))) {
        my $statuses = sorted($_->[1] =~ /\b(\d{3})\b/g);
        $docs{$_} = sorted(split(/ /, $docs{$_} // ''), split / /, $statuses)
            for $_->[0] =~ /`(\w+)`/g;
    }

    return \%docs;
}


sub errors_of_nginx
{
    my %code;

    my $made = qr/ngx_http_sandbox_error_(?:refuse|set)/;

    while ($MODULE =~ /$made ?\(([^;"]*), "(\w+)"/g) {
        my ($args, $code) = ($1, $2);
        my ($arg) = $args =~ /(\w+)$/;
        my $n = $arg =~ /^\d+$/ ? $arg : $status{$arg};
        ok(defined $n, "errors of nginx: $code has a status, $arg");
        push @{$code{$code}}, $n // 0;
    }

    # error pages of nginx's own that become JSON

    while ($MODULE =~ /(?:case (NGX_HTTP_\w+)|(default)): code = (.*?);/g) {
        my $n = $2 ? undef : $status{$1};
        push @{$code{$_}}, $n // () for $3 =~ /"(\w+)"/g;
    }

    $code{$_} = sorted(@{$code{$_}}) for keys %code;

    same('errors of nginx', 20, \%code, documented_errors('Errors from nginx'));
    shouted($MODULE, 'nginx', \%code);
}


sub errors_of_the_agent
{
    my %code;

    # by the route, and for what is no request at all
    my ($by_route) = $AGENT =~ /agent_request_invalid\([^)]*\) \{ return (.*?);/;
    my @by_route = ($by_route // '') =~ /(?<=[?:] )"(\w+)"/g;
    is(scalar @by_route, 2, 'errors of the agent: two codes by the route');
    my ($large) = $AGENT =~ /agent_request_large\([^)]*\) \{ return (.*?);/;
    my @too_large = ($large // '') =~ /(?<=[?:] )"(\w+)"/g;
    is(scalar @too_large, 2, 'errors of the agent: two for what is too large');
    push @{$code{VALIDATION_FAILED}},
        $AGENT =~ /agent_http_refuse\(\w+, (\d{3}),/g;

    my $made = qr/agent_(?:http_error|fault_set|(?:call|queue)_fail)/;

    while ($AGENT =~ /$made ?\((.*?)\);/g) {
        my @args = split / ?, (?=(?:[^"]*"[^"]*")*[^"]*$)/, $1;
        next if @args < 4;
        my @n = $args[1] =~ /\b(\d{3})\b/g;
        push @{$code{$_}}, @n for $args[2] =~ /agent_request_invalid/ ? @by_route
            : $args[2] =~ /agent_request_large/ ? @too_large
            : $args[2] =~ /"(\w+)"/g;
    }

    # messages of a WebSocket

    while ($AGENT =~ /agent_reply_error ?\([^;]*?(\d{3}), ([^;]*?"\w+")/g) {
        my ($status, $codes) = ($1, $2);
        push @{$code{$_}}, $status for $codes =~ /"(\w+)"/g;
    }

    # errno => status, perhaps another one for writing

    while ($AGENT =~ /\{ E[A-Z]+, (\d{3}),(?: (\d{3}),)? "(\w+)"/g) {
        push @{$code{$3}}, grep { defined } $1, $2;
    }

    # a table of { status, code, text }

    push @{$code{$2}}, $1 while $AGENT =~ /\{ (\d{3}), "(\w+)", "/g;

    # chosen before the call, with a status that is not seen here; in a stream

    $code{$_} ||= [] for map { /"(\w+)"/g } $AGENT =~ /\bcode = ([^;]*);/g;
    $code{$_} ||= [] for $AGENT =~ /\\"code\\":\\"(\w+)\\"/g;

    my $docs = documented_errors('Errors from the agent');

    $code{$_} = sorted(@{$code{$_}}) for keys %code;

    same('errors of the agent', 15, \%code, $docs);
    shouted($AGENT, 'the agent', \%code);
}


# what looks like a code and was not found by the way that it is used

sub shouted
{
    my ($text, $whose, $code) = @_;
    # PORT_ are codes of the agent that nginx words, INVALID_ are in a context
    my %not = map { $_ => 1 } qw/COMMAND_TIMEOUT_MS DAC_OVERRIDE LC_ALL
        SANDBOX_COMMAND_ID SANDBOX_VERSION UV_THREADPOOL_SIZE PORT_NOT_LISTENING
        PORT_TIMEOUT INVALID_PATH INVALID_BASE64 INVALID_BRANCH
        INVALID_TIMEOUT SSH_ASKPASS GIT_ASKPASS GIT_TERMINAL_PROMPT
        GIT_CONFIG_COUNT GIT_OPTIONAL_LOCKS GIT_CURL_VERBOSE SANDBOX_KERNEL_FD
        SANDBOX_KERNEL_LANGUAGE SANDBOX_SOURCE_FD SANDBOX_VERSION/;
    my @lost = grep { !$not{$_} && !/^GIT_TRACE/ && !exists $code->{$_} }
        $text =~ /"([A-Z]+(?:_[A-Z]+)+)"/g;

    is(sorted(@lost), '', "errors of $whose: none is made in another way");
}


# lines of the error log that docs/operating.md explains are written somewhere

sub log_lines
{
    my @lines = map { $_->[0] =~ /^`(.+)`$/ ? $1 : () }
        rows(section($OPERATING, 'When something fails'));
    my @printed = map { s/\\"/"/gr }
        ($MODULE . $CLIENT) =~ /"((?:[^"\\]|\\.)*)"/g;

    cmp_ok(scalar @lines, '>=', 10, 'log lines: some are explained');

    for my $line (@lines) {
        my $like = join '.*?', map { quotemeta } split /…/, $line, -1;
        ok(scalar(grep { /$like/ } @printed), "log lines: $line");
    }
}


# the titles of pages, by code

sub pages
{
    my $text = section(slurp('docs/previews.md'), 'When it does not work');
    my ($list) = $MODULE =~ /page_assets_list\[\] = \{(.*?)\};/
        or die "no list of pages\n";
    my (%code, %docs);

    while ($list =~ /\{ (?:"(\w+)"|NULL), \w+, "([^"]+)",/g) {
        my ($code, $title) = ($1 // 'others', $2);
        $code{"$code: $title"} = '' if $code ne 'WAKING';
    }

    for (rows($text)) {
        my ($code, $status, $title) = @$_;
        $docs{$code =~ s/`//gr . ": $title"} = ''
            if $status =~ /^(?:\d+|any)$/;
    }

    same('pages', 10, \%code, \%docs);
}


# the members of a port's policy

sub policy
{
    my ($table) = $MODULE
        =~ /sandbox_policy_member_table\[\] = \{(.*?)\{ NULL, NULL, NULL,/
        or die "no table of members\n";
    my (%code, %docs);

    for (rows(section($API, 'The policy of a port'))) {
        $docs{$_} = '' for $_->[0] =~ /`(\w+)`/g;
        my ($group) = $_->[0] =~ /^`(limits)`$/ or next;
        $docs{"$group.$_"} = '' for $_->[1] =~ /`(\w+)`:/g;
    }

    while ($table =~ /\{ "(\w+)", (?:NULL|"(\w+)"), "\w+", &/g) {
        $code{$2} = '' if defined $2;
        $code{defined $2 ? "$2.$1" : $1} = '';
    }

    same('members of a policy', 15, \%code, \%docs);
}


# directives, variables and targets that are used somewhere exist

sub names_in_use
{
    my %directive = map { $_ => 1 }
        $MODULE =~ /ngx_string\("(sandbox\w*)"\), NGX_/g;
    my %variable = map { $_ => 1 }
        $MODULE =~ /ngx_string\("(sandbox_\w+)"\), NULL, /g;
    my %target = map { $_ => 1 } slurp('Makefile') =~ /^([a-z_.]+):/mg;
    my (@bad, $n);

    for my $file (files(qr{\.md$|(?:^|/)conf/|examples/.*nginx\.conf$})) {
        my $text = slurp($file);

        for ($text =~ /\$(sandbox_\w+)/g) {
            $n++;
            push @bad, "$file: \$$_" if !$variable{$_};
        }

        for ($text =~ /^ +(sandbox(?:_\w+)?)(?: +\S[^\n]*)?;$/mg) {
            $n++;
            push @bad, "$file: $_" if !$directive{$_};
        }

        next if $file !~ /\.md$/;

        # in blocks of code, and in the text
        for (map { /(?:^    |^\$ |^|`)make ([a-z]+(?:[_.][a-z]+)*)/mg }
            $text =~ /^```sh\n(.*?)^```$/msg,
            $text =~ /(?:^    |`)make [a-z][a-z_.]+/mg) {
            $n++;
            push @bad, "$file: make $_" if !$target{$_};
        }
    }

    cmp_ok($n, '>=', 50, 'names in use: some were found');
    is("@bad", '', 'names in use: all of them exist');
}


# the rows of sandbox-selftest, and what SECURITY.md promises

sub selftest
{
    my $source = flat('tools/selftest/host/promises.c');
    my %code = $source =~ /\{ "([a-z0-9-]+)", "([^"]+)", /g;
    my %docs = map { $_->[0] =~ /^`(.*)`$/ ? ($1 => $_->[1]) : () }
        rows(section(slurp('SECURITY.md'), 'Checking a host'));

    same('rows of sandbox-selftest', 33, \%code, \%docs);

    # each is tried: inside, or by the host's side
    my $tried = join ' ', map { flat($_) }
        'tools/selftest/prober/main.c', glob 'tools/selftest/host/*.c';
    is(join(' ', grep { $tried !~ /\{ "\Q$_\E", selftest_|_row\(t, "\Q$_\E"/ }
        sort keys %code), '', 'rows of sandbox-selftest: all are tried');
}


sub links
{
    my (@bad, $n);

    for my $file (files(qr/\.md$/)) {
        my ($dir) = $file =~ m{^(.*/)?[^/]+$};

        for (slurp($file) =~ /\]\(([^)]+)\)/g) {
            my ($to, $anchor) = /^([^#]*)(?:#(.*))?$/;
            next if $to =~ /^https?:/;
            $n++;
            my $target = length $to ? ($dir // '') . $to : $file;
            push @bad, "$file: $_" if !-e $target;
            next if !defined $anchor || !-f $target;
            my %anchors = map { (lc s/[^\w -]//gr =~ s/ /-/gr) => 1 }
                slurp($target) =~ /^#+ (.*)$/mg;
            push @bad, "$file: $_" if !$anchors{$anchor};
        }
    }

    # the sources that they name, those of the module without their prefix

    for my $file ('docs/architecture.md', 'HACKING.md') {
        for (slurp($file) =~ m{(?<![\w/<])((?:\w+/)+\w+\.[cht])\b}g) {
            next if $_ eq 'room/file.h';
            $n++;
            my $name = s{(?=\w+\.)}{{ngx_http_sandbox_,}}r;
            push @bad, "$file: $_"
                if !grep { -e } $_, glob "ngx_sandbox_module/$name";
        }
    }

    cmp_ok($n // 0, '>=', 10, 'links: some were found');
    is("@bad", '', 'links: each leads somewhere');
}


# the folders of the sources

sub rooms
{
    my %code = map { m{^(.*)/[^/]+$} ? ($1 => '') : () }
        files(qr{^(?:\./)?(?:ngx_sandbox_module|agent|agent_client)/.*\.c$});
    my (%docs, $tree);

    for (split /\n/, section(slurp('docs/architecture.md'), 'Rooms')) {
        $tree = $1 if m{^`(\w+)/`};
        $tree = undef if /^\| other/;
        next if !$tree || !m{^\| `(\w+)/` \|};
        $docs{$1 eq $tree ? $tree : "$tree/$1"} = '';
    }

    same('rooms', 15, \%code, \%docs);
}


# what is to be read at one go stays short

sub bounds
{
    my $lines = () = slurp('README.md') =~ /\n/g;
    my @words = grep { $_->[0] !~ /^(?:term|-+)/ }
        rows(section(slurp('docs/architecture.md'), 'Glossary'));

    cmp_ok($lines, '<=', 200, 'README.md: at most 200 lines');
    cmp_ok(scalar @words, '<=', 20, 'the glossary: at most 20 words');
    cmp_ok(scalar @words, '>=', 10, 'the glossary: it has some');
}


# each piece of code in a document is run by a test, or cannot be

sub snippets
{
    my @all = Sandbox::Snippet::all();
    my %tests = map { $_->{test} ? ($_->{test} => 1) : () } @all;
    my @not = grep { $_->{why} } @all;
    my $makefile = slurp('Makefile');
    my %target = map { $_ => 1 } map { split } $makefile =~ /^([\w. -]+):/mg;
    my %variable = map { $_ => 1 } $makefile =~ /\$\((?:or \$\()?(\w+)/g,
        $makefile =~ /^(\w+) *[:?]?=/mg;

    cmp_ok(scalar @all, '>=', 150, 'snippets: some were found');
    is(join("\n", map { "$_->{file}:$_->{line}" }
        grep { !$_->{test} && !$_->{why} } @all), '',
        'snippets: Sandbox::Snippet says for each who runs it')
        or diag(<<'END');
A snippet of a document that no test runs.  Any of these will do:
- in docs/*.md, write its commands as "$ command" with what they print:
  t/docs_api.t runs them on localhost:8080, as "make run" starts it;
- in t/lib/Sandbox/Snippet.pm, add a row [document, its first words, test] to
  @RUN: 't/docs_conf.t' for nginx.conf, 't/docs.t' for "make ...", which need
  nothing else, or another test, which gets it from Sandbox::Snippet::take();
- if no test can run it, add the row to @NOT, with the reason.
END
    is(join("\n", Sandbox::Snippet::unused()), '',
        'snippets: and for none that is not there')
        or diag("Remove these rows of t/lib/Sandbox/Snippet.pm, or give them "
            . "the first words\nthat the snippet has now.\n");
    cmp_ok(scalar @not, '<=', 20, 'snippets: few cannot be run');

    # commands of make take too long: their targets and variables are there

    for my $snippet (Sandbox::Snippet::of('t/docs.t')) {
        agent_line($snippet) if $snippet->{text} =~ /^sandbox agent: /;

        for my $command ($snippet->{text} =~ /^make (.*?)(?= +#|$)/mg) {
            my @words = split ' ', $command =~ s/"[^"]*"/x/gr;
            is(join(' ', grep { /^(\w+)=/ ? !$variable{$1} : !$target{$_} }
                @words), '', "snippets: make $command");
        }
    }

    for (sort keys %tests) {
        like(slurp($_), qr/Sandbox::Snippet::(?:of|none_left)\('\Q$_\E'\)/,
            "snippets: $_ runs all that it is to run");
    }
}


# a line of the agent's log, with numbers

sub agent_line
{
    my ($snippet) = @_;
    my ($line) = $snippet->{text} =~ /^sandbox agent: \[\w+\] (.*)$/m;
    my $like = join '(?:\d+|%\w+)', map { quotemeta } split /\d+/, $line, -1;

    like($AGENT, qr/"$like"/, "snippets: the agent logs \"$line\"");
}


sub files
{
    my ($like) = @_;
    my @files;

    File::Find::find({ no_chdir => 1, wanted => sub {
        if ($_ eq './build' || $_ eq './.git' || m{/node_modules$}) {
            $File::Find::prune = 1;
            return;
        }
        push @files, substr $_, 2 if -f $_ && $_ =~ $like;
    } }, '.');

    return sort @files;
}
