//! Filters against cases, against a plain interpreter, and against what is too much.

mod cases;
mod limits;
mod naive;
mod random;
mod syntax;

use std::sync::Arc;

use lp_core::format::access::Access;
use lp_core::format::json::Json;
use lp_core::format::log_format::{Escape, LogFormat};
use lp_core::format::python::Python;
use lp_core::format::{Format, Mixed};

/// The format that a case names.
fn format(name: &str) -> Arc<dyn Format> {
    match name.split_once(' ').unwrap_or((name, "")) {
        ("combined", _) => Arc::new(Access::combined()),
        ("json", _) => Arc::new(Json::new()),
        ("python", _) => Arc::new(Python::usual()),
        ("log_format", text) => Arc::new(LogFormat::compile(text, Escape::Default).unwrap()),
        ("log_format_json", text) => Arc::new(LogFormat::compile(text, Escape::Json).unwrap()),
        ("mixed", _) => Arc::new(Mixed::new(format("json"), format("combined")).unwrap()),
        _ => panic!("no format {name}"),
    }
}
