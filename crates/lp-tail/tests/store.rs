//! Checkpoints in files.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

use lp_tail::{Change, Checkpoint, CheckpointError, Store, StoreError};
use tempfile::{TempDir, tempdir};
use twox_hash::XxHash3_64;

/// A checkpoint that is told from others by a number.
fn numbered(number: u8) -> Checkpoint {
    Checkpoint { sections: [("number".to_owned(), vec![number])].into(), ..Checkpoint::default() }
}

fn folder() -> (TempDir, PathBuf) {
    let folder = tempdir().unwrap();
    let path = folder.path().join("checkpoint");
    (folder, path)
}

fn save(path: &Path, numbers: &[u8]) {
    let (mut store, _) = Store::open(path).unwrap();
    for number in numbers {
        store.save(&numbered(*number)).unwrap();
    }
}

/// The checkpoint that is found, and what is wrong with the others.
fn found(path: &Path) -> (Option<Checkpoint>, Vec<CheckpointError>) {
    let (_, found) = Store::open(path).unwrap();
    (found.checkpoint, found.damaged.into_iter().map(|damaged| damaged.error).collect())
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn what_is_saved_is_found() {
    let (folder, path) = folder();
    assert_eq!(found(&path), (None, vec![]));
    save(&path, &[1]);
    assert_eq!(found(&path), (Some(numbered(1)), vec![]));
    save(&path, &[2, 3, 4]);
    assert_eq!(found(&path), (Some(numbered(4)), vec![]));
    assert_eq!(names(folder.path()), ["checkpoint", "checkpoint.lock", "checkpoint.previous"]);
}

#[test]
fn the_one_before_is_used_when_the_current_one_is_damaged() {
    let (folder, path) = folder();
    save(&path, &[1, 2]);
    let half = fs::read(&path).unwrap();
    fs::write(&path, &half[..half.len() / 2]).unwrap();

    let (mut store, found_first) = Store::open(&path).unwrap();
    assert_eq!(found_first.checkpoint, Some(numbered(1)));
    assert_eq!(found_first.damaged.len(), 1);
    assert_eq!(found_first.damaged[0].set_aside, folder.path().join("checkpoint.damaged-1"));
    assert_eq!(fs::read(&found_first.damaged[0].set_aside).unwrap(), &half[..half.len() / 2]);

    // It stays until there is another one, and after that too.
    drop(store);
    assert_eq!(found(&path), (Some(numbered(1)), vec![]));
    (store, _) = Store::open(&path).unwrap();
    store.save(&numbered(3)).unwrap();
    drop(store);
    fs::write(&path, b"").unwrap();
    assert_eq!(found(&path), (Some(numbered(1)), vec![CheckpointError::NotACheckpoint]));
    assert_eq!(
        names(folder.path()),
        ["checkpoint.damaged-1", "checkpoint.damaged-2", "checkpoint.lock", "checkpoint.previous"]
    );
}

#[test]
fn two_damaged_ones_are_both_set_aside() {
    let (folder, path) = folder();
    save(&path, &[1, 2]);
    fs::write(&path, b"lp checkpoint\n").unwrap();
    fs::write(folder.path().join("checkpoint.previous"), b"something else").unwrap();
    let expected = vec![CheckpointError::Damaged("it ends early"), CheckpointError::NotACheckpoint];
    assert_eq!(found(&path), (None, expected));
    assert_eq!(found(&path), (None, vec![]));
    assert_eq!(fs::read(folder.path().join("checkpoint.damaged-2")).unwrap(), b"something else");
}

/// After a roll-back of the program: everything would be read once more, and the later version would find nothing.
#[test]
fn one_of_a_later_version_is_left_alone() {
    let (folder, path) = folder();
    save(&path, &[1, 2]);
    let mut later = b"lp checkpoint\n\x03\0\0\0whatever it will be".to_vec();
    later.extend_from_slice(&XxHash3_64::oneshot(&later).to_le_bytes());
    fs::write(&path, &later).unwrap();
    let error = Store::open(&path).unwrap_err();
    assert!(matches!(error, StoreError::Version { source: CheckpointError::Version(3), .. }), "{error}");
    assert_eq!(fs::read(&path).unwrap(), later);
    assert_eq!(names(folder.path()), ["checkpoint", "checkpoint.lock", "checkpoint.previous"]);
}

#[test]
fn one_process_at_a_time_has_it() {
    let (_folder, path) = folder();
    let (mut first, _) = Store::open(&path).unwrap();
    first.save(&numbered(1)).unwrap();
    let error = Store::open(&path).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("the checkpoint {} is used by another process; give each its own", path.display())
    );
    first.save(&numbered(2)).unwrap();
    drop(first);
    assert_eq!(found(&path), (Some(numbered(2)), vec![]));
}

#[test]
fn what_a_killed_save_has_left_is_removed() {
    let (folder, path) = folder();
    save(&path, &[1]);
    fs::write(folder.path().join("checkpoint.new"), b"lp check").unwrap();
    assert_eq!(found(&path), (Some(numbered(1)), vec![]));
    assert_eq!(names(folder.path()), ["checkpoint", "checkpoint.lock"]);
}

#[test]
fn a_folder_that_is_not_there_is_told() {
    let (folder, _) = folder();
    let error = Store::open(folder.path().join("state/checkpoint")).unwrap_err();
    let state = folder.path().join("state");
    assert_eq!(error.to_string(), format!("the folder of the checkpoint, {}, is not there", state.display()));
    assert!(!state.exists());
}

#[test]
fn a_folder_in_place_of_the_file_is_told() {
    let (_folder, path) = folder();
    fs::create_dir(&path).unwrap();
    assert!(matches!(Store::open(&path), Err(StoreError::System { action: "read", .. })));
}

/// The files of others are not read as a whole; nor are they lost.
#[test]
fn a_log_is_no_checkpoint() {
    let (folder, path) = folder();
    let log = "192.0.2.1 - - [06/Nov/2025:10:30:15 +0000]\n".repeat(1000);
    fs::write(&path, &log).unwrap();
    assert_eq!(found(&path), (None, vec![CheckpointError::NotACheckpoint]));
    assert_eq!(fs::read_to_string(folder.path().join("checkpoint.damaged-1")).unwrap(), log);
}

#[cfg(unix)]
mod unix {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn it_is_for_its_owner_only() {
        let (folder, path) = folder();
        save(&path, &[1, 2]);
        for name in names(folder.path()) {
            let mode = fs::metadata(folder.path().join(&name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }

    #[test]
    fn a_name_may_be_any_bytes() {
        let (folder, _) = folder();
        let path = folder.path().join(OsStr::from_bytes(b"caf\xe9"));
        save(&path, &[1, 2]);
        assert_eq!(found(&path), (Some(numbered(2)), vec![]));
        assert!(folder.path().join(OsStr::from_bytes(b"caf\xe9.previous")).exists());
    }

    #[test]
    fn a_symbolic_link_stays_one() {
        let (folder, path) = folder();
        fs::create_dir(folder.path().join("state")).unwrap();
        symlink("state/real", &path).unwrap();
        save(&path, &[1, 2]);
        assert!(fs::symlink_metadata(&path).unwrap().is_symlink());
        assert_eq!(names(&folder.path().join("state")), ["real", "real.lock", "real.previous"]);
        assert_eq!(names(folder.path()), ["checkpoint", "state"]);
        let (_store, both) = Store::open(&path).unwrap();
        assert_eq!(both.checkpoint, Some(numbered(2)));
        assert!(matches!(Store::open(folder.path().join("state/real")), Err(StoreError::InUse { .. })));
    }

    #[test]
    fn a_link_in_place_of_the_new_one_is_not_followed() {
        let (folder, path) = folder();
        let victim = folder.path().join("victim");
        fs::write(&victim, b"precious").unwrap();
        let (mut store, _) = Store::open(&path).unwrap();
        symlink(&victim, folder.path().join("checkpoint.new")).unwrap();
        store.save(&numbered(1)).unwrap();
        assert_eq!(fs::read(&victim).unwrap(), b"precious");
        assert!(fs::symlink_metadata(&path).unwrap().is_file());
    }

    #[test]
    fn links_in_place_of_journal_and_lock_are_not_followed() {
        let (folder, path) = folder();
        let victim = folder.path().join("victim");
        fs::write(&victim, b"precious").unwrap();
        symlink(&victim, folder.path().join("checkpoint.journal")).unwrap();
        let (store, _) = Store::open(&path).unwrap();
        note(&store, 1);
        drop(store);
        fs::remove_file(folder.path().join("checkpoint.lock")).unwrap();
        symlink(&victim, folder.path().join("checkpoint.lock")).unwrap();
        assert!(matches!(Store::open(&path), Err(StoreError::System { action: "write", .. })));
        assert_eq!(fs::read(&victim).unwrap(), b"precious");
    }

    /// Nobody is waited for who might write to it.
    #[test]
    fn pipes_in_place_of_the_files_are_not_opened() {
        for name in ["checkpoint", "checkpoint.previous", "checkpoint.journal", "checkpoint.lock"] {
            let (folder, path) = folder();
            let pipe = folder.path().join(name);
            rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
            match Store::open(&path) {
                Ok((store, _)) => note(&store, 1),
                Err(error) => assert_ne!(name, "checkpoint.journal", "{error}"),
            }
        }
    }

    #[test]
    fn saving_works_again_when_the_folder_is_back() {
        let (folder, _) = folder();
        let state = folder.path().join("state");
        let path = state.join("checkpoint");
        fs::create_dir(&state).unwrap();
        let (mut store, _) = Store::open(&path).unwrap();
        store.save(&numbered(1)).unwrap();

        fs::rename(&state, folder.path().join("away")).unwrap();
        assert!(matches!(store.save(&numbered(2)), Err(StoreError::NoFolder { .. })));
        fs::create_dir(&state).unwrap();
        store.save(&numbered(3)).unwrap();
        assert!(matches!(Store::open(&path), Err(StoreError::InUse { .. })));
        drop(store);
        assert_eq!(found(&path), (Some(numbered(3)), vec![]));
        assert_eq!(found(&folder.path().join("away/checkpoint")), (Some(numbered(1)), vec![]));
    }

    /// Somebody has removed the lock and started a second process.
    #[test]
    fn who_has_lost_the_lock_does_not_save() {
        let (folder, path) = folder();
        let (mut first, _) = Store::open(&path).unwrap();
        fs::remove_file(folder.path().join("checkpoint.lock")).unwrap();
        let (mut second, _) = Store::open(&path).unwrap();
        assert!(matches!(first.save(&numbered(1)), Err(StoreError::InUse { .. })));
        second.save(&numbered(2)).unwrap();
        drop(second);
        first.save(&numbered(3)).unwrap();
    }

    /// No rights at all stop the superuser, for whom there is nothing to see here.
    #[test]
    fn a_folder_that_cannot_be_written_is_told() {
        let (folder, path) = folder();
        let (mut store, _) = Store::open(&path).unwrap();
        store.save(&numbered(1)).unwrap();
        let set = |mode| fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
        set(0o500);
        let is_obeyed = fs::write(folder.path().join("anything"), b"").is_err();
        if is_obeyed {
            assert!(matches!(store.save(&numbered(2)), Err(StoreError::System { .. })));
            drop(store);
            assert!(matches!(Store::open(&path), Err(StoreError::System { action: "write", .. })));
            set(0o700);
            (store, _) = Store::open(&path).unwrap();
        }
        set(0o700);
        store.save(&numbered(3)).unwrap();
        drop(store);
        assert_eq!(found(&path), (Some(numbered(3)), vec![]));
    }
}

/// Notes what [`numbered`] has.
#[cfg(unix)]
fn note(store: &Store, number: u8) {
    let sections = numbered(number).sections.into_iter().map(|(name, section)| (name, Some(section))).collect();
    let noted = store.journal().note(|_| Change { files: Vec::new(), sections });
    assert_eq!(noted.is_ok(), cfg!(target_os = "linux"), "{noted:?}");
}

#[cfg(target_os = "linux")]
mod journal {
    use super::*;

    /// After an update of the program: what was noted behind the checkpoint of the earlier version still follows it.
    #[test]
    fn it_follows_the_checkpoint_of_an_earlier_version() {
        let (_folder, path) = folder();
        fs::write(&path, include_bytes!("testdata/checkpoint-1")).unwrap();
        let (store, before) = Store::open(&path).unwrap();
        note(&store, 7);
        drop(store);
        let noted = found(&path).0.unwrap();
        assert_eq!((noted.sections.get("number"), noted.files.len()), (Some(&vec![7]), 0));
        assert!(
            before.checkpoint.unwrap().sections.iter().all(|section| noted.sections.get(section.0) == Some(section.1))
        );
    }

    #[test]
    fn what_was_noted_counts_however_far_a_save_has_come() {
        let (folder, path) = folder();
        let (mut store, _) = Store::open(&path).unwrap();
        store.save(&numbered(1)).unwrap();
        note(&store, 2);
        let before = fs::read(&path).unwrap();
        store.save_noted(&numbered(2)).unwrap();
        note(&store, 3);
        drop(store);
        assert_eq!(found(&path).0, Some(numbered(3)));
        fs::write(&path, before).unwrap();
        assert_eq!(found(&path).0, Some(numbered(3)));
        fs::write(&path, b"").unwrap();
        assert_eq!(found(&path).0, Some(numbered(3)), "with the one before");
        // Another program, or one that could not note, has saved since.
        let other = Checkpoint { sections: [("number".to_owned(), vec![4])].into(), ..Checkpoint::default() };
        fs::write(&path, other.to_bytes()).unwrap();
        assert_eq!(found(&path).0, Some(numbered(4)));
        assert!(folder.path().join("checkpoint.journal").exists());
    }

    #[test]
    fn what_was_noted_before_something_else_is_saved_does_not_count() {
        let (_folder, path) = folder();
        let (mut store, _) = Store::open(&path).unwrap();
        note(&store, 1);
        store.save(&numbered(2)).unwrap();
        drop(store);
        assert_eq!(found(&path).0, Some(numbered(2)));
    }

    #[test]
    fn it_is_used_where_what_was_saved_cannot_be_read() {
        let (folder, path) = folder();
        let (mut store, _) = Store::open(&path).unwrap();
        for number in [1, 2] {
            note(&store, number);
            store.save(&numbered(number)).unwrap();
        }
        note(&store, 3);
        drop(store);
        let previous = folder.path().join("checkpoint.previous");
        for path in [&path, &previous] {
            fs::write(path, b"").unwrap();
        }
        let (checkpoint, damaged) = found(&path);
        assert_eq!((checkpoint, damaged.len()), (Some(numbered(3)), 2));
        assert_eq!(found(&path), (Some(numbered(3)), vec![]), "the next start finds it too");
        // Who removes both wants to begin anew.
        for path in [&path, &previous] {
            let _ = fs::remove_file(path);
        }
        assert_eq!(found(&path), (None, vec![]));
    }
}
