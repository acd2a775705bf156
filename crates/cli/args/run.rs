//! `lp run` and `lp check`: their flags.

use std::path::PathBuf;

use clap::Args;

/// Run a pipeline that a file describes
///
/// Reads the sources of the configuration to their end, one after the other; a source on the standard input is read as long
/// as somebody writes to it. What stages tell and no sink takes goes to stderr, a JSON object a line.
///
/// Sources with `start`, and all files where there is a `[checkpoint]`, are followed until lp is told to stop: what is appended to
/// them is read, whatever rotates them. SIGTERM and SIGINT stop it: what has been read is written within the time of `[run] grace`,
/// and with a checkpoint the next start goes on there. A second signal ends it at once. SIGHUP reads the configuration again; if
/// anything is wrong with it, the old one runs on. With `[http] listen`, /metrics, /healthz, /readyz and /livez are served, and the
/// address is told on stderr.
#[derive(Args, Debug)]
#[command(after_long_help = RUN_EXAMPLES)]
pub(crate) struct Run {
    /// The configuration
    #[arg(short, long, value_name = "FILE", default_value = "lp.toml")]
    pub(crate) config: PathBuf,

    /// Write "ALERT: " before each alert on stderr
    #[arg(long)]
    pub(crate) alert_prefix: bool,

    /// Say at the end on stderr what became of every record; this is also done where stderr is a terminal
    #[arg(long)]
    pub(crate) summary: bool,
}

const RUN_EXAMPLES: &str = "\
Example:
  lp.toml:
      [[source]]
      type = \"file\"
      paths = [\"/var/log/nginx/access.log\"]
      format = \"nginx-combined\"

      [[stage]]
      type = \"alert\"
      name = \"HTTP_5XX_ERROR\"
      where = 'status_code >= 500'

      [[sink]]
      type = \"file\"
      path = \"errors.ndjson\"
      where = 'severity >= ERROR'
      rotate = { size = \"100MB\", age = \"1h\" }
      keep = \"24h\"

Exit status:
  0  All was read and written, or lp was told to stop and all that it had read was written. Also where the reader of a pipe
     had enough, if no file was to be written.
  1  A source could not be read (the others were), a sink not be written, or on_error = \"fail\" met a bad record. Also where lp
     was told to stop and could not write in time.
  2  The configuration or the command line is wrong.
  130, 143  A second SIGINT or SIGTERM.";

/// Check a configuration and run the tests in it
///
/// Says everything that is wrong with it at once. Nothing is read but the configuration (and for tests the `nginx_conf` of a
/// source), nothing is written, and the variables that it uses need not be set. The `[[test]]`s in it are run: input lines, and what must come out.
#[derive(Args, Debug)]
#[command(after_long_help = CHECK_EXAMPLES)]
pub(crate) struct Check {
    /// The configuration
    #[arg(short, long, value_name = "FILE", default_value = "lp.toml")]
    pub(crate) config: PathBuf,
}

const CHECK_EXAMPLES: &str = "\
Exit status:
  0  The configuration is right, and its tests pass. Where it is not known what is tested, since that depends on a variable
     without a default, they are not run, which is said on stderr.
  1  A test does not pass, or the configuration could not be read.
  2  The configuration or the command line is wrong.";
