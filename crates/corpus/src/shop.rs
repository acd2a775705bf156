//! The shop that nginx serves: what there is, who asks for it, and what is answered.
//!
//! Its access log and its error log are about the same requests.

pub(crate) mod client;
pub(crate) mod exchange;
pub(crate) mod referer;
pub(crate) mod site;
pub(crate) mod text;
