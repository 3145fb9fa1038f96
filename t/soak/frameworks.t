#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine browser

# Forms of frameworks that check where they come from, as their packages are,
# behind previews by https in a browser.  t/browser_https.t has Rails.  With
# TEST_FRAMEWORKS=name that one alone.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Sandbox;
use Sandbox::Browser;
use Sandbox::Image;
use Sandbox::Npm;

my $class = 'memory=1g cpus=2 pids=512 network=none sleep_after=30m';
my $only = $ENV{TEST_FRAMEWORKS} // '';

my $form = '<form method="post"><input name="text">'
    . '<button id="send">Send</button></form>';

my @frameworks = (
    { name => 'Django', port => 8000, class => 'django',
        files => { 'app.py' => django() },
        command => 'exec python3 app.py runserver --noreload 8000' },

    # as its documentation says for a proxy that speaks https

    { name => 'Django behind a proxy', port => 8000, class => 'django',
        host => 'public', files => { 'app.py' => django(
            "SECURE_SSL_REDIRECT=True, CSRF_COOKIE_SECURE=True, "
            . "SECURE_PROXY_SSL_HEADER=('HTTP_X_FORWARDED_PROTO', 'https')") },
        command => 'exec python3 app.py runserver --noreload 8000' },
    { name => 'SvelteKit', port => 5173, node => 'frameworks',
        files => {
            'package.json' => '{"type":"module"}',
            'svelte.config.js' => "export default {};\n",
            'vite.config.js' => "import { sveltekit } from "
                . "'\@sveltejs/kit/vite';\n"
                . "export default { plugins: [sveltekit()] };\n",
            'src/app.html' => '<!doctype html><html><head>%sveltekit.head%'
                . '</head><body>%sveltekit.body%</body></html>',
            'src/routes/+page.server.js' => "export const actions = "
                . "{ default: async ({ request }) => ({ text: "
                . "(await request.formData()).get('text') }) };\n",
            'src/routes/+page.svelte' => "<script>let { form } = \$props();"
                . "</script>\n<h1 id=\"message\">{form?.text}</h1>\n$form\n" },
        command => 'exec node node_modules/vite/bin/vite.js dev' },
    { name => 'Astro', port => 4321, node => 'devservers/astro',
        files => {
            'astro.config.mjs' => "export default { output: 'server' };\n",
            'src/pages/index.astro' => "---\nlet text = '';\n"
                . "if (Astro.request.method === 'POST')\n    text = "
                . "(await Astro.request.formData()).get('text');\n---\n"
                . "<h1 id=\"message\">{text}</h1>$form\n" },
        command => 'exec env ASTRO_TELEMETRY_DISABLED=1 '
            . 'node node_modules/astro/astro.js dev' },
    { name => 'Next.js', port => 3001, node => 'devservers',
        files => {
            'app/layout.js' => "export default function Layout("
                . "{ children }) {\n  return <html><body>{children}</body>"
                . "</html>;\n}\n",
            'app/page.js' => nextjs() },
        command => 'exec node node_modules/next/dist/bin/next dev --webpack '
            . '-p 3001' },
);

@frameworks = grep { !$only || $_->{name} eq $only } @frameworks;
Sandbox::bail("no framework is named $only") if !@frameworks;

my $django = Sandbox::Image::debian('django', 'python3-django');

my $https = free_port();
my $t = Sandbox->new(classes => ["default image=sandbox-base $class",
    "django image=$django $class"]);
$t->write_conf(http => Sandbox::Browser::https($t, $https));
$t->start();

for my $f (@frameworks) {
    (my $id = lc $f->{name}) =~ s/[^a-z]+/-/g;

    is($t->api('POST', '/v1/sandbox', json => { id => $id,
        class => $f->{class} || 'default' })->{status}, 200,
        "$f->{name}: a sandbox");
    for my $file (sort keys %{$f->{files}}) {
        is($t->put($id, "workspace/$file", $f->{files}{$file})->{status}, 200,
            $file);
    }

    if ($f->{node}) {
        (my $name = $f->{node}) =~ s{/}{-};
        my $dir = Sandbox::Npm::install("$FindBin::Bin/$f->{node}", $name);
        my $tar = "$t->{dir}/packages.tar";
        is(system('tar', '-C', $dir, '-cf', $tar, 'node_modules'), 0,
            'packed');
        my $out = `curl -sS -T $tar http://localhost:$t->{port}/v1/sandbox/$id/file/workspace/packages.tar`;
        like($out, qr/"ok":true/, 'sent');
        ok(defined $t->run_in($id, 'tar xf packages.tar && rm packages.tar',
            cwd => '/workspace'), 'unpacked');
    }

    my $url = $t->expose($id, $f->{port}, hostname => 'pv.localhost',
        host => $f->{host}, command => $f->{command});
    my $diagnosis;
    ok(wait_for(sub {
        $diagnosis = $t->api('GET',
            "/v1/sandbox/$id/ports/$f->{port}/diagnose");
        return $diagnosis->{json}{hops}[3] && $diagnosis->{json}{hops}[3]{ok};
    }, 120), 'it listens') or diag($diagnosis->{body});

    # the first page is compiled

    ok(wait_for(sub { `curl -sk -o /dev/null -m 120 -w '%{http_code}' $url`
        eq '200' }, 240), 'and has a page');

    my $res = Sandbox::Browser::run($t, 'form.mjs', { url => $url,
        text => 'sent by https' });
    is($res->{message}, 'sent by https', "$f->{name} takes its own form")
        or diag($res->{status} // '', $t->api('GET',
            "/v1/sandbox/$id/ports/$f->{port}/diagnose")->{body});
    is($t->api('DELETE', "/v1/sandbox/$id")->{status}, 204, 'destroyed');
}

$t->done();


sub django
{
    my ($settings) = @_;
    $settings //= 'DEBUG=True';
    return <<"END";
import sys
from django.conf import settings
settings.configure(SECRET_KEY='x' * 40, ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=['.localhost'], MIDDLEWARE=[
        'django.middleware.security.SecurityMiddleware',
        'django.middleware.csrf.CsrfViewMiddleware'], $settings)
from django.core.management import execute_from_command_line
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.urls import path

def index(request):
    return HttpResponse('<h1 id="message">%s</h1><form method="post">'
        '<input type="hidden" name="csrfmiddlewaretoken" value="%s">'
        '<input name="text"><button id="send">Send</button></form>'
        % (request.POST.get('text', ''), get_token(request)))

urlpatterns = [path('', index)]

if __name__ == '__main__':
    execute_from_command_line(sys.argv)
END
}


sub nextjs
{
    return <<'END';
import { cookies } from 'next/headers';

export default async function Page() {
  async function send(data) {
    'use server';
    (await cookies()).set('text', data.get('text'));
  }
  const text = (await cookies()).get('text')?.value;
  return <main><h1 id="message">{text}</h1><form action={send}>
    <input name="text" /><button id="send">Send</button></form></main>;
}
END
}
