//! An nginx that logs in six formats at once, and a site on which all goes wrong that can.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::super::nginx::config::site;
use super::super::nginx::format::{Escape, LogFormat, Piece};
use super::super::nginx::server::Places;
use super::super::nginx::truth;

/// Nobody listens there, anywhere.
pub(super) const DEAD: &str = "127.0.0.1:1";

/// The site's name.
pub(super) const NAME: &str = "example.com";

/// Where the site asks itself whether a request is allowed.
pub(super) const CHECK: &[u8] = b"/check";

/// What the twin has beside the variables of the formats.
const ALSO: [&str; 6] = ["request_id", "connection", "server_name", "http_host", "request_uri", "upstream_addr"];

/// The six, and their twin.
pub(super) fn formats() -> Vec<LogFormat> {
    let format = |name, escape, text: &[&str]| LogFormat { name, escape, text: text.concat() };
    let mut formats = vec![
        LogFormat::combined(),
        format(
            "main",
            Escape::Default,
            &[
                r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "#,
                r#""$http_user_agent" "$http_x_forwarded_for""#,
            ],
        ),
        format(
            "upstreams",
            Escape::Default,
            &[
                r#"$remote_addr - $remote_user [$time_iso8601] "$request" $status rt=$request_time "#,
                r#"uct="$upstream_connect_time" uht="$upstream_header_time" urt="$upstream_response_time" "#,
                r#"ua="$upstream_addr" us="$upstream_status" ul=$upstream_response_length"#,
            ],
        ),
        format(
            "many",
            Escape::Default,
            &[
                r#"$time_iso8601 $msec $connection/$connection_requests $request_length $bytes_sent $request_time "$host" "#,
                r#""$arg_x" "$cookie_y" "$http_x_absent" $ssl_protocol $gzip_ratio ${status}: "$request_method" "#,
                r#""$content_type" $content_length "$request_completion" $pipe ($remote_port) "$uri" "$args""#,
            ],
        ),
        format(
            "unquoted",
            Escape::Default,
            &[
                "$time_iso8601 $remote_addr pid $pid user $remote_user uri $uri agent $http_user_agent ",
                "for $http_x_forwarded_for status $status upstream $upstream_addr $upstream_status ",
                "$upstream_response_time bytes $bytes_sent",
            ],
        ),
        format(
            "raw",
            Escape::None,
            &[
                "$remote_addr {$time_local} <$request> status=$status upstream=$upstream_status ratio=$gzip_ratio ",
                r#"referer="$http_referer" agent="$http_user_agent" port=$remote_port"#,
            ],
        ),
    ];
    let mut variables = BTreeSet::from(ALSO);
    for format in &formats {
        variables.extend(format.pieces().iter().filter_map(|piece| match piece {
            Piece::Variable("time_local") | Piece::Literal(_) => None,
            Piece::Variable(name) => Some(*name),
        }));
    }
    let variables: Vec<_> = variables.into_iter().collect();
    let twin = truth::format(&variables);
    formats.push(LogFormat { name: "twin", escape: Escape::Json, text: twin });
    formats
}

/// The `http` block. Some of its formats are in files that it includes.
pub(super) fn http(places: &Places, dir: &Path) -> String {
    fs::create_dir_all(dir.join("formats")).unwrap();
    let mut directives = String::new();
    let mut logs = String::new();
    for (number, format) in formats().iter().enumerate() {
        let name = format.name;
        logs += &format!("access_log {name}.log {name};\n");
        match (name, number % 2) {
            ("combined", _) => {} // nginx knows it.
            (_, 0) => fs::write(dir.join("formats").join(name).with_extension("conf"), format.directive()).unwrap(),
            _ => directives += &format.directive(),
        }
    }
    // The first server of an address is the one for unknown hosts.
    let site = site(places, LOCATIONS);
    let other = format!("server {{ listen 127.0.0.1:{}; server_name other.example; }}", places.port);
    directives + "include formats/*.conf;\n" + &logs + UPSTREAMS + &site + &other + SERVERS
}

const UPSTREAMS: &str = r#"
    gzip on;
    gzip_min_length 1;
    gzip_types *;
    limit_req_zone $server_name zone=slowly:1m rate=1r/m;
    upstream half_dead { server 127.0.0.1:1 max_fails=0; server unix:backend.sock weight=2; }
    upstream all_dead {
        server 127.0.0.1:1 max_fails=0;
        server 127.0.0.1:1 max_fails=0;
        server unix:nobody.sock max_fails=0;
    }
"#;

const SERVERS: &str = r#"
    server {
        listen unix:backend.sock;
        access_log off;
        location / { return 200 "from behind\n"; }
    }
    server { listen unix:more.sock; server_name twice; }
    server { listen unix:more.sock; server_name twice; }
"#;

const LOCATIONS: &str = r#"
    server_name example.com;
    lingering_timeout 100ms;
    location /retry { proxy_pass http://half_dead; }
    location /dead { proxy_pass http://127.0.0.1:1; }
    location /dead-socket { proxy_pass http://unix:nobody.sock; }
    location /all-dead { proxy_pass http://all_dead; }
    location /redirected { proxy_pass http://127.0.0.1:1; error_page 502 = /retry; }
    location /limited { limit_req zone=slowly; }
    location /forbidden { deny all; }
    location /checked { auth_request /check; }
    location = /check { internal; proxy_pass http://127.0.0.1:1; }
"#;
