//! The cases through the program: a test for each folder of `tests/testdata` that holds cases.

use super::cases::{self, Case, difference};
use super::lp::{Ended, parse};

/// A test for each folder, and one that none is forgotten.
macro_rules! tables {
    ($($folder:ident = $cases:expr;)*) => {
        $(
            #[test]
            fn $folder() {
                the_program_prints_what_the_cases_say(&$cases);
            }
        )*

        #[test]
        fn every_folder_has_a_test() {
            assert_eq!(cases::folders(), [$(stringify!($folder)),*]);
        }
    };
}

tables! {
    access = cases::access();
    app = cases::folder("app");
    json = cases::folder("json");
    log_format = cases::folder("log_format");
    nginx_error = cases::folder("nginx_error");
    python = cases::folder("python");
}

/// Runs every case before it fails, and tells of each the first way in which it is wrong.
fn the_program_prints_what_the_cases_say(cases: &[Case]) {
    let wrong: Vec<String> = cases.iter().filter_map(wrong).collect();
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

fn wrong(case: &Case) -> Option<String> {
    for threads in ["1", "2", "7"] {
        let options = || parse(["--threads", threads]).args(&case.args);
        let from_file = options().file(&case.path).run();
        let from_stdin = options().stdin(&case.log).run();
        for (ended, how) in [(from_file, "from a file"), (from_stdin, "from standard input")] {
            let wrong = wrong_end(case, &ended, &format!("{how}, {threads} threads"));
            if wrong.is_some() {
                return wrong;
            }
        }
    }
    None
}

fn wrong_end(case: &Case, ended: &Ended, how: &str) -> Option<String> {
    if (ended.code, ended.stderr.as_str()) != (Some(0), "") {
        return Some(format!("{} {how}, status {:?}:\n{}", case.name, ended.code, ended.stderr));
    }
    difference(case, &ended.stdout, how)
}
