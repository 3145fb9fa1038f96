#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent

# Pieces of nginx.conf and of key files in the documents: nginx -t accepts them
# without a warning.  The defaults of docs/directives.md: all of them, too.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Snippet;

my $t = Sandbox->new();
my $dir = $t->{dir};
my $proxy = root_dir() . '/conf/sandbox_proxy.conf';
my @defaults;

# what the pieces have around them on a machine of its own

my %around = (
    'sandbox_state' => 'sandbox_state %%STATE%%;',
    'sandbox_agent' => 'sandbox_agent %%AGENT%%;',
    'sandbox_class default' => 'sandbox_class default image=sandbox-base;',
    'sandbox_class lite' => 'sandbox_class lite image=sandbox-base;',
    'sandbox_preview_url' =>
        'sandbox_preview_url https://*.preview.example.com;',
    'upstream' => 'upstream sandbox { sandbox; keepalive 256; }',
);

system("openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=engine "
    . "-keyout $dir/key.pem -out $dir/cert.pem 2>/dev/null") == 0 or die;
Sandbox::copy("$dir/cert.pem", "$dir/ca.pem", 0644);

for my $snippet (Sandbox::Snippet::of('t/docs_conf.t')) {
    my $text = $snippet->{text};
    my $name = "$snippet->{file}:$snippet->{line}";

    if ($text =~ /^Syntax: /) {
        my ($default) = $text =~ /^Default:\s+(.*;)$/m;
        push @defaults, $default if defined $default;
    } elsif ($text =~ /^install /) {
        key_commands($name, $text);
    } elsif ($text =~ /^[^{};]*$/) {
        key_file($name, $text);
    } else {
        accepted($name, $text);
    }
}

cmp_ok(scalar @defaults, '>=', 15, 'docs/directives.md has defaults');
accepted('the defaults of docs/directives.md', join "\n", @defaults);

$t->cleanup();
done_testing();


# a piece, in http or in what it begins with

sub accepted
{
    my ($name, $text) = @_;
    my $http = '';
    my $main = '';

    # what a reader fills in
    $text =~ s/ …;/;/g;
    $text =~ s{include +sandbox_proxy\.conf}{include $proxy};
    $text =~ s{/etc/nginx/engine/}{$dir/}g;
    $text =~ s{/var/lib/nginx-sandbox/state|(?<=sandbox_state )path}{%%STATE%%};
    $text =~ s{/usr/lib/nginx-sandbox/agent}{%%AGENT%%};
    $text =~ s{/var/cache/nginx}{$dir};

    $text =~ s/^podman .*\n//;
    $text =~ s/^user .*\K sandbox-engine;/ docker;/;

    if ($text =~ s/^user .*;\n//m) {
        $main = $&;
    }
    $text =~ s{^load_module +modules/ngx_http_sandbox_module\.so;\n}{};
    if ($text =~ /^http \{\n(.*)^\}/ms) {
        $text = $1;
    }
    for (sort keys %around) {
        my $like = join ' +', map { quotemeta } split / /;
        $http .= "$around{$_}\n" if $text !~ /^\s*$like\s/m;
    }
    $http .= join '', map { "${_}_temp_path $dir/$_;\n" }
        qw/client_body proxy fastcgi uwsgi scgi/;

    $t->write_conf(conf => ($main || "user %%USER%% %%GROUP%%;\n")
        . "load_module %%MODULE%%;\npid $dir/nginx.pid;\n"
        . "error_log $dir/error.log;\nevents { }\n"
        . "http {\naccess_log off;\n$http$text}\n");

    # only root can ask whether the rules of network=internet are there
    my ($good, $out) = $text =~ /network=internet/ ? of_another_user()
        : $t->check_conf();

    ok($good, "$name: nginx -t") or diag($out);
    unlike($out, qr/\[warn\]/, "$name: no warning") or diag($out);
}


sub of_another_user
{
    system("chown -R nobody $dir");
    my $out = `cd / && setpriv --reuid nobody --clear-groups $t->{nginx} -t \\
        -p $dir/ -e $dir/check.log -c $dir/nginx.conf 2>&1`;
    my $good = $? == 0;
    $out =~ s/^.*\[warn\].*(?:"user" directive|not running as root).*\n//mg;
    return ($good, $out);
}


sub key_file
{
    my ($name, $text) = @_;
    my $file = "$dir/keys";

    # a key that is shown in part
    $text =~ s/…/0123456789abcdef/g;
    spew($file, $text);
    chmod 0600, $file;
    accepted($name, "sandbox_create_rate off;\nserver { listen 127.0.0.1:1;\n"
        . "sandbox_api_key_file $file;\nlocation / { sandbox_api;\n"
        . "include $proxy; proxy_pass http://sandbox; } }\n");
}


# the commands that make one

sub key_commands
{
    my ($name, $text) = @_;

    $text =~ s{/etc/nginx/}{$dir/}g;
    $text =~ s/^nginx -t .*\n//m;
    my $out = `exec 2>&1; set -e; $text`;
    is($? . $out, '0', "$name: they run") or diag($text);
    is(sprintf('%04o', (stat "$dir/sandbox.keys")[2] & 07777), '0600',
        "$name: only root reads it");
    like(slurp("$dir/sandbox.keys"), qr/\Ame:[0-9a-f]{48}\n\z/,
        "$name: a key");
    key_file($name, slurp("$dir/sandbox.keys"));
    unlink "$dir/sandbox.keys";
}
