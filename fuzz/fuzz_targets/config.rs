//! Any text as a configuration.
#![no_main]

use std::io;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use lp::config::{Config, Environment, Unknown, Variable};

/// Every variable and every secret is the same.
struct Set;

impl Environment for Set {
    fn variable(&self, _name: &str) -> Variable {
        Variable::Set("10".to_owned())
    }

    fn secret(&self, _path: &Path) -> io::Result<Option<Vec<u8>>> {
        Ok(Some(b"secret".to_vec()))
    }
}

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for environment in [&Set as &dyn Environment, &Unknown] {
        match Config::read(text, environment, &()) {
            Ok(config) => assert!(config.unchecked.iter().all(|span| text.get(span.clone()).is_some())),
            Err(mistakes) => {
                for mistake in &mistakes {
                    assert!(mistake.span().start <= text.len() && mistake.column() >= 1);
                    assert!(mistake.line() <= 1 + text.matches('\n').count());
                }
                assert!(mistakes.to_string().chars().all(|char| char == '\n' || !char.is_control()));
            }
        }
    }
});
