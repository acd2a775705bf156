//! The manifests in `examples/kubernetes`.

use std::fs;
use std::path::Path;

/// The text of a file in the ConfigMap of a manifest.
///
/// The ConfigMaps hold files as YAML's literal blocks, and nothing else has these names:
///
/// ```yaml
///   lp.toml: |
///     [[source]]
/// ```
pub(super) fn file(manifest: &str, name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/kubernetes").join(manifest);
    let manifest = fs::read_to_string(&path).unwrap();
    let mut lines = manifest.lines();
    assert!(lines.any(|line| line == format!("  {name}: |")), "{}: no {name}", path.display());

    let mut text = String::new();
    for line in lines {
        match line.strip_prefix("    ") {
            Some(line) => text += line,
            None if line.is_empty() => {}
            None => break,
        }
        text += "\n";
    }
    text
}
