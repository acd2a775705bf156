//! The cases through the program.

use super::cases::{access, assert_records};
use super::lp::parse;

#[test]
fn the_program_prints_what_the_cases_say() {
    for case in access() {
        for threads in ["1", "2", "7"] {
            let options = || parse(["--threads", threads]).args(&case.args);
            let from_file = options().file(&case.path).run();
            let from_stdin = options().stdin(&case.log).run();
            for (ended, how) in [(from_file, "from a file"), (from_stdin, "from standard input")] {
                assert_records(&case, &ended.stdout, &format!("{how}, {threads} threads"));
                ended.assert_quiet_success();
            }
        }
    }
}
