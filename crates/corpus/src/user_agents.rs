//! The programs that visit a site.

/// What a visitor does, which decides what it asks for and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Behaviour {
    /// A person: pages and all that belongs to them.
    Browser,
    /// Follows links from page to page.
    Crawler,
    /// Talks to the API, or tries doors.
    Script,
    /// Asks for the health of the service, again and again.
    Probe,
}

use Behaviour::{Browser, Crawler, Probe, Script};

/// A program and how common it is.
#[derive(Debug)]
pub(crate) struct UserAgent {
    pub(crate) behaviour: Behaviour,
    /// Share of the clients, in thousandths.
    pub(crate) weight: u32,
    pub(crate) text: &'static str,
}

const fn agent(behaviour: Behaviour, weight: u32, text: &'static str) -> UserAgent {
    UserAgent { behaviour, weight, text }
}

/// As of November 2025. None of them has a character that nginx escapes.
#[rustfmt::skip] // A table reads better with one entry a line.
pub(crate) const USER_AGENTS: [UserAgent; 40] = [
    agent(Browser, 70, "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"),
    agent(Browser, 30, "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"),
    agent(Browser, 30, "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"),
    agent(Browser, 15, "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"),
    agent(Browser, 45, "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36"),
    agent(Browser, 25, "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0"),
    agent(Browser, 5, "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 OPR/124.0.0.0"),
    agent(Browser, 10, "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36"),
    agent(Browser, 70, "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0"),
    agent(Browser, 20, "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"),
    agent(Browser, 45, "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"),
    agent(Browser, 20, "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:144.0) Gecko/20100101 Firefox/144.0"),
    agent(Browser, 35, "Mozilla/5.0 (Android 15; Mobile; rv:144.0) Gecko/144.0 Firefox/144.0"),
    agent(Browser, 25, "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15"),
    agent(Browser, 30, "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1"),
    agent(Browser, 10, "Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1"),
    agent(Browser, 10, "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/141.0.7390.96 Mobile/15E148 Safari/604.1"),
    agent(Browser, 5, "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko"),

    agent(Crawler, 40, "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"),
    agent(Crawler, 10, "Googlebot-Image/1.0"),
    agent(Crawler, 20, "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)"),
    agent(Crawler, 10, "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)"),
    agent(Crawler, 20, "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)"),
    agent(Crawler, 10, "Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)"),
    agent(Crawler, 5, "DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)"),
    agent(Crawler, 5, "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"),
    agent(Crawler, 5, "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"),

    agent(Script, 40, "curl/8.5.0"),
    agent(Script, 30, "curl/7.88.1"),
    agent(Script, 15, "Wget/1.21.4"),
    agent(Script, 50, "python-requests/2.32.3"),
    agent(Script, 20, "Python/3.12 aiohttp/3.10.10"),
    agent(Script, 50, "Go-http-client/1.1"),
    agent(Script, 40, "okhttp/4.12.0"),
    agent(Script, 20, "axios/1.7.7"),
    agent(Script, 15, "Apache-HttpClient/4.5.14 (Java/17.0.12)"),

    agent(Probe, 40, "kube-probe/1.31"),
    agent(Probe, 20, "ELB-HealthChecker/2.0"),
    agent(Probe, 20, "GoogleHC/1.0"),
    agent(Probe, 15, "Prometheus/2.54.1"),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::USER_AGENTS;
    use crate::nginx_escape::push_escaped;

    #[test]
    fn there_are_forty_different_agents() {
        let texts: HashSet<_> = USER_AGENTS.iter().map(|agent| agent.text).collect();
        assert_eq!(texts.len(), 40);
    }

    #[test]
    fn weights_are_thousandths() {
        assert_eq!(USER_AGENTS.iter().map(|agent| agent.weight).sum::<u32>(), 1000);
    }

    #[test]
    fn no_agent_needs_escaping() {
        for agent in &USER_AGENTS {
            let mut escaped = Vec::new();
            push_escaped(&mut escaped, agent.text.as_bytes());
            assert_eq!(escaped, agent.text.as_bytes());
        }
    }
}
