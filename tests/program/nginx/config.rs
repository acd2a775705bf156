//! The site that all requests are for, as nginx's configuration has it.

use super::server::Places;

/// What stands in the `http` block but for the logs. `locations` are further ones.
pub(crate) fn site(places: &Places, locations: &str) -> String {
    let Places { port, ipv6, upstream } = places;
    let listen_ipv6 = if *ipv6 { format!("listen [::1]:{port};") } else { String::new() };
    let returns: String = ["000", "204", "444", "494", "500", "502", "503", "599", "999"]
        .map(|status| format!("location /status/{status} {{ return {status}; }}\n"))
        .concat();
    format!(
        r#"
        client_header_timeout 300ms;
        client_max_body_size 1k;
        proxy_read_timeout 300ms;
        server {{
            listen 127.0.0.1:{port};
            {listen_ipv6}
            listen unix:http.sock;
            listen unix:http2.sock http2;
            root html;
            {returns}
            location /private {{ auth_basic realm; auth_basic_user_file passwords; }}
            location /slow {{ proxy_pass http://127.0.0.1:{upstream}; }}
            {locations}
        }}
        "#
    )
}
