//! The form of a checkpoint as bytes.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::Arc;

use lp_tail::{Beginning, Checkpoint, CheckpointError, KnownFile, Mark, Probe};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use twox_hash::XxHash3_64;

fn example() -> Checkpoint {
    let mark = Mark {
        device: 2049,
        inode: 1_234_567,
        beginning: Beginning::of(b"192.0.2.1 - - [06/Nov/2025:10:30:15 +0000]"),
        probe: Probe::of(b"the last line\n", 5_000_000_014),
        position: 5_000_000_000,
        size: 5_000_000_020,
        empty_at: None,
        created: None,
        modified: None,
    };
    let second = Mark { inode: u64::MAX, probe: Probe::of(b"x", 1), beginning: Beginning::of(b"x"), ..mark.at(0) };
    Checkpoint {
        files: vec![
            KnownFile { path: path(b"/var/log/nginx/access.log"), mark },
            KnownFile { path: path(b"/var/log/caf\xe9 \n.log"), mark: second },
        ],
        sections: [("output:errors".to_owned(), b"\0\x01\xff".to_vec()), (String::new(), Vec::new())].into(),
    }
}

#[cfg(unix)]
fn path(bytes: &[u8]) -> Arc<Path> {
    use std::os::unix::ffi::OsStrExt;
    Path::new(std::ffi::OsStr::from_bytes(bytes)).into()
}

#[cfg(not(unix))]
fn path(bytes: &[u8]) -> Arc<Path> {
    Path::new(String::from_utf8_lossy(bytes).as_ref()).into()
}

/// Bytes with the checksum that they should have.
fn signed(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.extend_from_slice(&XxHash3_64::oneshot(&bytes).to_le_bytes());
    bytes
}

fn unsigned(checkpoint: &Checkpoint) -> Vec<u8> {
    let mut bytes = checkpoint.to_bytes();
    bytes.truncate(bytes.len() - 8);
    bytes
}

/// What version 2 knows besides.
fn example_2() -> Checkpoint {
    let mut example = example();
    let mark = Mark {
        beginning: Beginning::default(),
        probe: Probe::default(),
        size: 0,
        empty_at: Some(1_795_257_015_123_456_789),
        created: Some(1_795_257_015_000_000_001),
        modified: Some(1_795_257_015_000_000_002),
        ..example.files[0].mark.at(0)
    };
    example.files.push(KnownFile { path: path(b"/var/log/empty.log"), mark });
    example
}

/// Written by version 1, and to be read by all that follow. If this fails, it is not the file that must change.
#[test]
#[cfg(unix)]
fn version_1_is_read_for_ever() {
    assert_eq!(Checkpoint::from_bytes(include_bytes!("testdata/checkpoint-1")), Ok(example()));
}

/// Likewise.
#[test]
#[cfg(unix)]
fn version_2_is_read_for_ever() {
    let golden = include_bytes!("testdata/checkpoint-2");
    assert_eq!(Checkpoint::from_bytes(golden), Ok(example_2()));
    assert_eq!(example_2().to_bytes(), golden);
}

#[test]
fn people_see_what_it_is() {
    assert!(Checkpoint::default().to_bytes().starts_with(b"lp checkpoint\n"));
}

#[test]
fn every_changed_bit_is_noticed() {
    let bytes = example().to_bytes();
    for bit in 0..bytes.len() * 8 {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let error = Checkpoint::from_bytes(&changed).unwrap_err();
        assert!(matches!(error, CheckpointError::NotACheckpoint | CheckpointError::Damaged(_)), "bit {bit}: {error}");
    }
}

#[test]
fn what_is_cut_or_goes_on_is_refused() {
    let bytes = example().to_bytes();
    for len in 0..bytes.len() {
        assert!(Checkpoint::from_bytes(&bytes[..len]).is_err(), "{len} bytes");
    }
    assert_eq!(Checkpoint::from_bytes(b""), Err(CheckpointError::NotACheckpoint));
    for more in [&b"\0"[..], b"\n", &bytes] {
        assert!(Checkpoint::from_bytes(&[&bytes, more].concat()).is_err());
    }
    let longer = signed([&unsigned(&example()), &b"\0"[..]].concat());
    assert_eq!(Checkpoint::from_bytes(&longer), Err(CheckpointError::Damaged("something follows its contents")));
}

#[test]
fn a_later_version_is_told_from_damage() {
    let later = signed(b"lp checkpoint\n\x03\0\0\0whatever it will be".to_vec());
    let error = Checkpoint::from_bytes(&later).unwrap_err();
    assert_eq!(error, CheckpointError::Version(3));
    assert_eq!(error.to_string(), "it has version 3, and this program reads version 2");
}

/// Lengths that cannot be are found out before memory is taken for them.
#[test]
fn lists_are_not_as_long_as_they_say() {
    let mut bytes = unsigned(&Checkpoint::default());
    bytes.truncate(bytes.len() - 2);
    for body in [
        &b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"[..],
        b"\0\xff\xff\xff\xff\xff\xff\x7f",
        b"\x01\xff\xff\xff\xff\x0f",
    ] {
        let hostile = signed([&bytes, body].concat());
        assert!(matches!(Checkpoint::from_bytes(&hostile), Err(CheckpointError::Damaged(_))));
    }
}

/// Who reads the bytes before a position relies on there being so many.
#[test]
fn a_probe_before_the_file_is_refused() {
    let mut checkpoint = example();
    checkpoint.files[0].mark.probe = Probe::of(b"four", 3);
    assert!(matches!(Checkpoint::from_bytes(&checkpoint.to_bytes()), Err(CheckpointError::Damaged(_))));
}

fn marks() -> impl Strategy<Value = Mark> {
    let bytes = (vec(any::<u8>(), 0..1200), vec(any::<u8>(), 0..300));
    (any::<[u64; 4]>(), bytes, any::<u32>(), any::<[Option<i64>; 3]>()).prop_map(
        |([device, inode, position, size], (beginning, probe), before, [empty_at, created, modified])| Mark {
            device,
            inode,
            beginning: Beginning::of(&beginning),
            probe: Probe::of(&probe, u64::from(before) + probe.len() as u64),
            position,
            size,
            empty_at,
            created,
            modified,
        },
    )
}

fn checkpoints() -> impl Strategy<Value = Checkpoint> {
    let files = (vec(any::<u8>(), 0..40), marks()).prop_map(|(name, mark)| KnownFile { path: path(&name), mark });
    (vec(files, 0..8), btree_map(".{0,12}", vec(any::<u8>(), 0..200), 0..5))
        .prop_map(|(files, sections)| Checkpoint { files, sections })
}

proptest! {
    #[test]
    fn what_is_written_is_read(checkpoint in checkpoints()) {
        prop_assert_eq!(Checkpoint::from_bytes(&checkpoint.to_bytes()), Ok(checkpoint));
    }

    #[test]
    fn bytes_with_a_right_checksum_may_be_anything(body in vec(any::<u8>(), 0..300)) {
        for version in [1, 2] {
            let head = [&b"lp checkpoint\n"[..], &[version, 0, 0, 0]].concat();
            let _ = Checkpoint::from_bytes(&signed([&head, &body[..]].concat()));
        }
        let _ = Checkpoint::from_bytes(&signed([b"lp checkpoint\n", &body[..]].concat()));
    }

    #[test]
    fn changed_contents_with_a_right_checksum_do_no_harm(checkpoint in checkpoints(), at in any::<prop::sample::Index>(), byte: u8) {
        let mut bytes = unsigned(&checkpoint);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = Checkpoint::from_bytes(&signed(bytes));
    }
}
