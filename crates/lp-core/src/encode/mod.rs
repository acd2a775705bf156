//! Records to bytes.

mod json;
mod output;

pub use json::JsonEncoder;
pub use output::Output;
