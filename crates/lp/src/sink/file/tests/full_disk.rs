//! A disk that is full, and then is not.

use std::process::Command;

use super::*;

/// A small file system, as long as it is needed.
struct Disk(TempDir);

impl Disk {
    /// `None` where this user may not mount one.
    fn mount(size: &str) -> Option<Self> {
        let folder = tempdir().unwrap();
        let done = Command::new("mount")
            .args(["-t", "tmpfs", "-o", size, "tmpfs"])
            .arg(folder.path())
            .output()
            .is_ok_and(|output| output.status.success());
        done.then(|| Self(folder))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

#[test]
fn each_record_is_there_once_when_there_is_room_again() {
    let Some(disk) = Disk::mount("size=256k") else {
        eprintln!("skipped: no file system may be mounted here");
        return;
    };
    for (size, keep) in [(None, None), (Some(10_000), None), (Some(10_000), Some(Keep::For(HOUR)))] {
        fill_and_free(&disk.0, size, keep);
    }
}

fn fill_and_free(folder: &TempDir, size: Option<u64>, keep: Option<Keep>) {
    let clock = Clock::new();
    let (path, filler) = (folder.path().join("out.log"), folder.path().join("filler"));
    let options = size.map_or(FileOptions::new(), |size| rotating(Some(size), None, keep));
    let mut sink = clock.open(options, &path).unwrap();
    let mut number = 0;
    for _ in 0..3 {
        fs::write(&filler, vec![0; 200_000]).unwrap();
        let mut text = String::new();
        while text.len() < 70_001 {
            text.push_str(&format!("record {number} {}\n", "x".repeat(number % 300)));
            number += 1;
        }
        let mut block = Block::lines(text.as_bytes());
        for _ in 0..3 {
            let error = sink.write(&mut block).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::StorageFull, "{error}");
            // Whole records, as many as the block says.
            let written = &text[..text.len() - block.len()];
            assert!(written.is_empty() || size.is_some() && written.ends_with('\n'));
            assert_eq!(together(folder), written);
        }
        fs::remove_file(&filler).unwrap();
        sink.write(&mut block).unwrap();
        sink.sync().unwrap();
        assert_eq!(together(folder), text);
        clock.advance(SECOND);
        // Room for the next.
        for file in sink.names.list().unwrap() {
            fs::remove_file(file.path).unwrap();
        }
        fs::File::options().write(true).open(&path).unwrap().set_len(0).unwrap();
    }
    fs::remove_file(path).unwrap();
}

/// What is in the rotated files, in their order, and in the current one.
fn together(folder: &TempDir) -> String {
    let path = folder.path().join("out.log");
    let mut text = String::new();
    for file in Names::new(&path).list().unwrap() {
        text.push_str(&fs::read_to_string(file.path).unwrap());
    }
    // There is none if it could not be created any more.
    text + &fs::read_to_string(path).unwrap_or_default()
}
