//! Whom a message is about: what stands behind it, from `, client: ` on.

use super::events::{Asked, Via};
use super::missing::{Missing, push_path};
use crate::decimal::push_decimal;
use crate::deck::Deck;
use crate::random::Random;
use crate::shop::client::{self, Client};
use crate::shop::exchange::{self, Method};
use crate::shop::referer::Referers;
use crate::shop::site::{Part, Site};
use crate::shop::text::Log;
use crate::template::Template;
use crate::user_agents::{Behaviour, USER_AGENTS};

/// A name in the header `Host`, and the server that is configured for it.
struct Host {
    name: &'static str,
    server: &'static str,
}

const HOSTS: [(Host, u32); 4] = [
    (Host { name: "example.com", server: "example.com" }, 60),
    (Host { name: "www.example.com", server: "example.com" }, 20),
    (Host { name: "api.example.com", server: "api.example.com" }, 15),
    // Who tries all addresses there are knows no names.
    (Host { name: "198.51.100.20", server: "_" }, 5),
];

/// Everybody who comes, and everything that they want.
pub(super) struct Visits {
    clients: Deck<Client>,
    site: Site,
    missing: Missing,
    referers: Referers,
    hosts: Deck<Host>,
    /// The target of the request at hand, and the path of its file: kept for their memory.
    target: Vec<u8>,
    path: Vec<u8>,
}

impl Visits {
    pub(super) fn new(random: &mut Random) -> Self {
        // Health checks do not fail.
        let agents = USER_AGENTS.iter().filter(|agent| agent.behaviour != Behaviour::Probe);
        let agents = Deck::weighted(agents.map(|agent| (agent, agent.weight)));
        Self {
            clients: client::clients(&agents, random),
            site: Site::new(random),
            missing: Missing::new(),
            referers: Referers::new(),
            hosts: Deck::weighted(HOSTS),
            target: Vec::new(),
            path: Vec::new(),
        }
    }

    /// Appends a message that names the client itself.
    pub(super) fn push_idle(&self, out: &mut Vec<u8>, message: &Template, random: &mut Random) {
        let client = self.clients.draw(random);
        message.push_given(out, client.address.as_bytes(), random);
    }

    /// Appends a message about a connection of which nginx knows only where it came in.
    pub(super) fn push_handshake(&self, out: &mut Vec<u8>, message: &Template, random: &mut Random) {
        message.push(out, random);
        let client = self.clients.draw(random);
        let listener = if client.address.contains(':') { "[::]:443" } else { "0.0.0.0:443" };
        push_start(out, client, listener);
    }

    /// Appends a message about a TLS handshake on the plain port: its bytes are taken for a request.
    pub(super) fn push_garbage(&self, out: &mut Vec<u8>, message: &Template, random: &mut Random) {
        message.push(out, random);
        push_start(out, self.clients.draw(random), "_");
        out.extend_from_slice(b", request: \"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03");
        for _ in 0..random.between(0, 64) {
            // nginx logs it up to what looks like the end of a line.
            out.push(match random.byte() {
                b'\r' | b'\n' => 0,
                byte => byte,
            });
        }
        out.push(b'"');
    }

    /// Appends a message about a request, with everything that nginx knows of it.
    pub(super) fn push_request(
        &mut self,
        out: &mut Vec<u8>,
        message: &Template,
        asked: Asked,
        via: Via,
        random: &mut Random,
    ) {
        let client = self.clients.draw(random);
        let host = self.hosts.draw(random);
        self.target.clear();
        let target = &mut self.target;
        let part = match asked {
            Asked::MissingFile => {
                self.missing.push_file(target, random);
                Part::Asset
            }
            Asked::Directory => {
                self.missing.push_directory(target, random);
                Part::Asset
            }
            Asked::Page => Part::Page,
            Asked::Api => Part::Api,
            Asked::Attack => Part::Attack,
        };
        if target.is_empty() {
            self.site.draw(part, random).push(target, Log::Error, random);
        }
        self.path.clear();
        push_path(&mut self.path, target);

        message.push_given(out, &self.path, random);
        push_start(out, client, host.server);
        out.extend_from_slice(b", request: \"");
        out.extend_from_slice(Method::choose(part, random).as_str().as_bytes());
        out.push(b' ');
        out.extend_from_slice(target);
        out.push(b' ');
        out.extend_from_slice(exchange::choose_protocol(client.agent.behaviour, random).as_bytes());
        out.push(b'"');
        push_upstream(out, via, target, random);
        out.extend_from_slice(b", host: \"");
        out.extend_from_slice(host.name.as_bytes());
        out.push(b'"');
        let before = out.len();
        out.extend_from_slice(b", referrer: \"");
        if self.referers.push(out, Log::Error, client.agent.behaviour, part, &self.site, random) {
            out.push(b'"');
        } else {
            out.truncate(before);
        }
    }
}

fn push_start(out: &mut Vec<u8>, client: &Client, server: &str) {
    for text in [", client: ", &client.address, ", server: ", server] {
        out.extend_from_slice(text.as_bytes());
    }
}

/// Appends the server that was to answer, and the subrequest if it was not the request itself.
fn push_upstream(out: &mut Vec<u8>, via: Via, target: &[u8], random: &mut Random) {
    match via {
        Via::Itself => {}
        Via::Http => {
            out.extend_from_slice(b", upstream: \"http://10.42.1.");
            push_decimal(out, random.between(2, 9));
            out.extend_from_slice(b":8080");
            out.extend_from_slice(target);
            out.push(b'"');
        }
        Via::Group => {
            out.extend_from_slice(b", upstream: \"http://backend");
            out.extend_from_slice(target);
            out.push(b'"');
        }
        Via::Auth => {
            out.extend_from_slice(b", subrequest: \"/auth\", upstream: \"http://127.0.0.1:9091/api/verify\"");
        }
        Via::FastCgi => out.extend_from_slice(b", upstream: \"fastcgi://unix:/run/php/php8.2-fpm.sock:\""),
    }
}
