package Sandbox::Snippet;

# Copyright (C) the ngx_sandbox authors

# The pieces of code in the documents, fenced or indented, and which test runs
# each of them.  t/docs.t fails for one that no row below has, and for a row
# that has none, and says what to do.

use warnings;
use strict;

use Test::More ();

use Sandbox;


# document, how the snippet begins (or its language, as "lang:js"), the test
# that runs it or checks it.  The first row that fits counts.

my @RUN = (
    ['README.md', 'install -m ', 't/docs_conf.t'],
    ['README.md', 'lang:nginx', 't/examples.t'],
    ['README.md', 'lang:python', 't/examples.t'],
    ['README.md', 'lang:sh', 't/examples.t'],
    ['README.md', '42', 't/examples.t'],

    ['HACKING.md', 'docker logs ', 't/docs_hacking.t'],
    ['HACKING.md', 'echo debug ', 't/docs_hacking.t'],
    ['HACKING.md', 'if (nginx_version', 't/docs_hacking.t'],
    ['HACKING.md', 'make ', 't/docs.t'],
    ['HACKING.md', 'my $proxy ', 't/docs_hacking.t'],
    ['HACKING.md', 'sandbox agent: [debug] ', 't/docs_hacking.t'],
    ['HACKING.md', 'sandbox "demo" ', 't/docs_hacking.t'],

    ['bench/README.md', 'make ', 't/docs.t'],

    ['clients/js/README.md', 'lang:js', 't/client_js.t'],
    ['clients/js/README.md', '- import ', 't/client_js.t'],
    ['clients/js/README.md', 'npm pack ', 't/client_js.t'],
    ['clients/mcp/README.md', '', 't/client_mcp.t'],
    ['clients/python/README.md', '', 't/client_python.t'],

    ['docs/api*.md', '', 't/docs_api.t'],
    ['docs/*.md', '$ ', 't/docs_api.t'],
    ['docs/directives.md', '', 't/docs_conf.t'],
    ['docs/engines.md', 'docker export ', 't/restore.t'],
    ['docs/engines.md', 'podman system service ', 't/docs_conf.t'],
    ['docs/engines.md', 'sandbox_engine ', 't/docs_conf.t'],
    ['docs/engines.md', 'user ', 't/docs_conf.t'],
    ['docs/migrating.md', 'lang:diff', 't/client_js.t'],
    ['docs/migrating.md', 'lang:js', 't/clients.t'],
    ['docs/network.md', '# /etc/default/', 't/network.t'],
    ['docs/network.md', 'nginx-sandbox-network ', 't/network.t'],
    ['docs/network.md', 'sandbox_class ', 't/docs_conf.t'],
    ['docs/operating.md', '# sandbox-selftest ', 't/selftest.t'],
    ['docs/operating.md', 'docker export ', 't/restore.t'],
    ['docs/operating.md', 'guest:', 't/docs_conf.t'],
    ['docs/operating.md', 'install -m ', 't/docs_conf.t'],
    ['docs/operating.md', 'load_module ', 't/docs_conf.t'],
    ['docs/operating.md', 'make ', 't/docs.t'],
    ['docs/operating.md', 'proxy_cache_path ', 't/docs_conf.t'],
    ['docs/operating.md', 'sandbox agent: [error] ', 't/docs.t'],
    ['docs/operating.md', 'sandbox-selftest ', 't/selftest.t'],
    ['docs/operating.md', 'sandbox_', 't/docs_conf.t'],
    ['docs/operating.md', 'sed -e ', 't/soak/systemd.t'],
    ['docs/operating.md', 'set_real_ip_from ', 't/docs_conf.t'],
    ['docs/operating.md', 'state=', 't/restore.t'],
    ['docs/operating.md', 'tar -C ', 't/restore.t'],
    ['docs/operating.md', 'user ', 't/docs_conf.t'],
    ['docs/operating.md', '{"live-restore"', 't/soak/systemd.t'],
    ['docs/previews.md', '# 1. ', 't/tls.t'],
    ['docs/previews.md', 'underscores_in_headers ', 't/docs_conf.t'],
    ['docs/wire.md', '', 't/agent/wire.t'],

    ['examples/engine-proxy/README.md', 'user ', 't/docs_conf.t'],
    ['examples/extend-image/README.md', '', 't/image.t'],
    ['examples/terminal/README.md', '', 't/browser_terminal.t'],
    ['examples/*/README.md', '', 't/examples.t'],

    ['image/README.md', 'FROM ', 't/image.t'],
    ['image/README.md', 'make ', 't/docs.t'],
    ['image/README.md', 'sandbox_class ', 't/docs_conf.t'],

    ['SECURITY.md', 'sandbox-selftest ', 't/selftest.t'],
);

# the same, with the reason why no test can

my @NOT = (
    ['README.md', '  browser ', 'a drawing'],
    ['docs/architecture.md', 'lang:text', 'a drawing'],
    ['docs/engines.md', '[containers]', 'configures Podman'],
    ['docs/engines.md', '[storage]', 'configures Podman'],
    ['docs/engines.md', 'apt-get install ', 'installs an engine'],
    ['docs/engines.md', 'echo containers:', 'configures Podman'],
    ['docs/engines.md', 'useradd ', 'restarts the engine of the machine'],
    ['docs/operating.md', '[Service]', 'a path that only its reader has'],
    ['docs/operating.md', 'mkdir /sys/fs/cgroup/', 'moves dockerd'],
    ['HACKING.md', 'gdb ', 'a debugger, on what happens to run'],
    ['HACKING.md', 'sandbox agent: [error] crashed', 'a crash'],
    ['bench/README.md', 'bench/', 'takes minutes, and two builds'],
);


# every snippet: {file, line, lang, text, test}, or {why} in place of {test}

sub all
{
    my @all = map { in_file($_) } documents();

    for my $snippet (@all) {
        my ($row) = grep { fits($_, $snippet) } @RUN, @NOT;
        next if !$row;
        $row->[3]++;
        $snippet->{(grep { $_ == $row } @NOT) ? 'why' : 'test'} = $row->[2];
    }

    return @all;
}


sub documents
{
    my $root = Sandbox::root_dir();

    return map { substr $_, length "$root/" } map { glob "$root/$_" }
        qw{README.md docs/*.md SECURITY.md HACKING.md bench/README.md
            image/README.md clients/*/README.md examples/*/README.md
            clients/skill/SKILL.md llms.txt};
}


sub in_file
{
    my ($file) = @_;
    my @lines = split /\n/, Sandbox::slurp(Sandbox::root_dir() . "/$file");
    my (@found, $in);
    my $before = '';

    for my $i (0 .. $#lines) {
        local $_ = $lines[$i];

        if ($in && $in->{lang} ne '') {
            if ($_ eq '```') {
                undef $in;
            } else {
                $in->{text} .= "$_\n";
            }
        } elsif (/^```(\w*)$/) {
            $in = { file => $file, line => $i + 2, text => '',
                lang => $1 eq '' ? 'text' : $1 };
            push @found, $in;
        } elsif (/^ {4}(.*)$/ && ($in || $before eq '')) {
            if (!$in) {
                $in = { file => $file, line => $i + 1, text => '',
                    lang => '' };
                push @found, $in;
            }
            $in->{text} .= "$1\n";
        } elsif ($in && $_ eq '') {
            $in->{text} .= "\n";
        } else {
            undef $in;
        }

        $before = $_ if !$in;
    }

    $_->{text} =~ s/\n+\z/\n/ for @found;

    return @found;
}


sub fits
{
    my ($row, $snippet) = @_;
    my ($file, $begin) = @$row;
    my $like = join '[^/]*', map { quotemeta } split /\*/, $file, -1;

    return 0 if $snippet->{file} !~ /^$like$/;
    return $snippet->{lang} eq $1 if $begin =~ /^lang:(\w+)$/;
    return index($snippet->{text}, $begin) == 0;
}


# rows that fit no snippet

sub unused
{
    all();
    return map { "$_->[0]: $_->[1]" } grep { !$_->[3] } @RUN, @NOT;
}


# ---- for the tests that run them

my %taken;

sub of
{
    my ($test) = @_;
    my @mine = grep { ($_->{test} // '') eq $test } all();

    $taken{"$_->{file}:$_->{line}"} = 1 for @mine;
    return @mine;
}


# the one of a document that begins so

sub take
{
    my ($file, $begin) = @_;
    my @found = grep { fits([$file, $begin], $_) } in_file($file);

    die "$file: " . @found . " snippets \"$begin\"\n" if @found != 1;
    $taken{"$file:$found[0]{line}"} = 1;
    return $found[0]{text};
}


# that none of a test's is left

sub none_left
{
    my ($test) = @_;
    my @left = grep { !$taken{$_} } map { "$_->{file}:$_->{line}" }
        grep { ($_->{test} // '') eq $test } all();

    Test::More::is("@left", '', 'every snippet that is for this test was run');
}


1;
