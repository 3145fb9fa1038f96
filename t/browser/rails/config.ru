# Copyright (C) the ngx_sandbox authors

# Rails in one file, with its own defaults: a form with a token, and a session.
# FORCE_SSL: as a new app has it in production.

require 'action_controller/railtie'

class App < Rails::Application
  config.load_defaults 6.1
  config.root = __dir__
  config.eager_load = false
  config.secret_key_base = 'x' * 64
  config.hosts.clear
  config.logger = Logger.new($stderr)
  config.force_ssl = ENV.key?('FORCE_SSL')
end

class PostsController < ActionController::Base
  protect_from_forgery with: :exception

  def index
    render inline: <<~PAGE
      <h1 id="message"><%= session[:text] %></h1>
      <form method="post" action="/posts">
      <%= hidden_field_tag :authenticity_token, form_authenticity_token %>
      <input name="text"><button id="send">Send</button></form>
    PAGE
  end

  def create
    session[:text] = params[:text]
    redirect_to '/'
  end
end

App.initialize!
App.routes.draw do
  root to: 'posts#index'
  post '/posts' => 'posts#create'
end

run App
