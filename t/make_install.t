#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent selftest systemd

# "make install" below DESTDIR puts its files there and nowhere else, nginx
# loads what was installed, systemd understands its units, and "make uninstall"
# leaves nothing.

use warnings;
use strict;

use File::Find ();
use File::Temp ();
use Test::More;

my $BUILD = $ENV{TEST_BUILD} || 'build';
my $root = File::Temp::tempdir('sandbox-install-XXXXXX', TMPDIR => 1,
                               CLEANUP => 1);
my $dest = "$root/dest";


sub make
{
    my ($target, @variables) = @_;

    # variables of an outer make are not for this one
    local @ENV{qw/MAKEFLAGS MFLAGS MAKELEVEL/};
    delete @ENV{qw/MAKEFLAGS MFLAGS MAKELEVEL/};

    my $command = "make $target BUILD=$BUILD DESTDIR=$dest "
        . 'NGINX=' . ($ENV{NGINX_SOURCES} // '') . " @variables 2>&1";
    my $output = `$command`;

    is $?, 0, "make $target @variables" or diag $output;
}


sub files
{
    my %found;

    return {} unless -d $dest;

    File::Find::find({ no_chdir => 1, wanted => sub {
        return if -d $_ && !-l $_;

        my $name = substr $_, length $dest;
        $found{$name} = -l $_ ? 'link' : sprintf '%04o', (stat $_)[2] & 07777;
    } }, $dest);

    return \%found;
}


# what systemd-analyze says of these units and Debian's nginx.service, with the
# drop-in; a command has to be where the unit says

sub verify
{
    my ($units, $network) = @_;
    my $copy = "$root/units";

    system("rm -rf $copy; cp -r $units $copy; "
        . "sed -i 's|^ExecStart=/.*-network|ExecStart=$network|' "
        . "$copy/nginx-sandbox-network.service") == 0 or die;

    local $ENV{SYSTEMD_UNIT_PATH} = "$copy:/lib/systemd/system";
    return `systemd-analyze verify --man=no nginx.service nginx-sandbox.service nginx-sandbox-network.service 2>&1`;
}


# where gdb looks for the symbols of a program or library

sub debug
{
    my ($prefix, $name) = @_;
    my ($id) = `readelf -n $dest$name` =~ /Build ID: (\w+)/;

    return $prefix . '/lib/debug/.build-id/' . ($id // '') =~ s{^..\K}{/}r
        . '.debug';
}


mkdir $dest or die $!;

for my $prefix ('/usr', '/opt/sandbox') {
    make('install', "PREFIX=$prefix");

    my $files = files();

    my %expected = (
        "$prefix/lib/nginx/modules/ngx_http_sandbox_module.so" => '0644',
        "$prefix/lib/nginx-sandbox/agent" => '0755',
        "$prefix/share/nginx/modules-available/mod-http-sandbox.conf"
            => '0644',
        '/etc/nginx/modules-enabled/50-mod-http-sandbox.conf' => 'link',
        '/etc/nginx/sandbox_proxy.conf' => '0644',
        '/etc/sysctl.d/60-nginx-sandbox.conf' => '0644',
        "$prefix/share/doc/nginx-sandbox/nginx.conf.example" => '0644',
        "$prefix/share/doc/nginx-sandbox/LICENSE" => '0644',
        "$prefix/sbin/nginx-sandbox-network" => 'link',
        "$prefix/sbin/sandbox-selftest" => '0755',
        "$prefix/lib/nginx-sandbox/sandbox-network" => '0755',
        (map { ("$prefix/lib/nginx-sandbox/network/$_.sh" => '0644') }
            qw/address iptables nft/),
        (map { ("/lib/systemd/system/$_" => '0644') }
            qw{nginx-sandbox-network.service nginx-sandbox.service
               nginx.service.d/sandbox.conf}),
        '/etc/logrotate.d/nginx-sandbox' => '0644',
        (map { (debug($prefix, "$prefix/lib/$_") => '0644') }
            qw{nginx/modules/ngx_http_sandbox_module.so nginx-sandbox/agent}),
    );

    for my $name (sort keys %expected) {
        is $files->{$name}, $expected{$name}, "$name is installed";
    }

    my $doc = "$prefix/share/doc/nginx-sandbox/";
    my @other = grep { !$expected{$_} && index($_, $doc) != 0 } keys %$files;
    is "@other", '', 'and nothing else, but for documents';

    is readlink("$dest/etc/nginx/modules-enabled/50-mod-http-sandbox.conf"),
        "$prefix/share/nginx/modules-available/mod-http-sandbox.conf",
        'the link holds without DESTDIR';

    my $network = "$dest$prefix/sbin/nginx-sandbox-network";
    like `$network 2>&1`, qr/^usage: .*install\|check/,
        'the installed script finds its parts';

    is verify("$dest/lib/systemd/system", $network), '',
        'systemd has nothing to say of the units';

    like `$dest$prefix/sbin/sandbox-selftest --help`, qr/^SYNOPSIS$/m,
        'the installed self-test runs';

    # the symbols are there, and there only

    for my $name (map { "$prefix/lib/$_" }
        qw{nginx/modules/ngx_http_sandbox_module.so nginx-sandbox/agent})
    {
        my $debug = debug($prefix, $name);
        unlike `readelf -SW $dest$name`, qr/\.debug_info|\.symtab/,
            "$name has no symbols";
        like `readelf -SW $dest$debug`, qr/\.debug_info/,
            "which are in $debug";
    }

    # nginx takes the installed module and the shipped proxy settings

    my $nginx = $ENV{TEST_NGINX_BINARY} || '/usr/sbin/nginx';
    my $so = "$dest$prefix/lib/nginx/modules/ngx_http_sandbox_module.so";

    SKIP: {
        skip 'the module installed is not the sanitized one', 1
            if $ENV{TEST_SANDBOX_SANITIZE};

        open my $fh, '>', "$root/nginx.conf" or die $!;
        print $fh <<"END";
load_module $so;
pid $root/nginx.pid;
error_log stderr;
events { }
http {
    access_log off;
    sandbox_state $root/state;
    sandbox_class default image=sandbox-base;
    sandbox_preview_url http://*.localhost;
    upstream sandbox { sandbox; keepalive 4; keepalive_timeout 4s; }
    server {
        listen 127.0.0.1:1;
        location / {
            sandbox_preview;
            include $dest/etc/nginx/sandbox_proxy.conf;
            proxy_pass http://sandbox;
        }
    }
}
END
        close $fh;

        my $output = `$nginx -t -q -c $root/nginx.conf 2>&1`;
        is $output, '', 'nginx takes what was installed';
    }

    # a file of somebody else's in the same place survives

    my $theirs = "$dest/etc/nginx/theirs.conf";
    open my $fh, '>', $theirs or die $!;
    close $fh;

    make('uninstall', "PREFIX=$prefix");

    is join(' ', keys %{files()}), '/etc/nginx/theirs.conf',
        'nothing of ours is left';

    unlink $theirs;
}

# a mistake is seen

my $wrong = "$root/wrong";
system("mkdir -p $wrong/nginx.service.d; sed 's/^LimitNOFILE/LimitFiles/' "
    . "conf/nginx.service.d/sandbox.conf >$wrong/nginx.service.d/sandbox.conf;"
    . "cp conf/*.service $wrong/") == 0 or die;
like verify($wrong, '/bin/true'), qr/Unknown key .*LimitFiles/,
    'systemd finds a wrong line of the drop-in';

done_testing();
