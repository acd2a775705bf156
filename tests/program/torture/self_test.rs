//! The checker finds what is wrong, and nothing where nothing is.

use std::fmt::Write as _;

use corpus::Random;

use super::checker::{Found, Outputs, check};
use super::model::{Model, Must};
use super::record::{Tag, moment};
use super::writer::Writer;

/// What was written by a run of actions with nobody beside it.
fn model(seed: u64) -> Model {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Writer::new(folder.path());
    let mut random = Random::new(seed);
    for number in 0..600 {
        writer.act(&mut random);
        if number % 150 == 149 {
            writer.finish_records();
            writer.confirm();
        }
    }
    writer.finish_records();
    writer.model
}

/// What a program may write that loses nothing but what it must, of which some.
fn outputs(model: &Model, random: &mut Random) -> Outputs {
    let mut waiting: Vec<_> = (0..model.generations.len()).map(|number| (number, 0, 0)).collect();
    let mut outputs = Outputs::default();
    let mut records = 0;
    while !waiting.is_empty() {
        let place = random.below(waiting.len() as u64) as usize;
        let (number, record, bytes) = &mut waiting[place];
        let generation = &model.generations[*number];
        let is_over = match generation.must {
            Must::All => false,
            Must::First(must) => *bytes >= must && random.one_in(4),
        };
        if *record == generation.whole() || is_over {
            waiting.swap_remove(place);
            continue;
        }
        let written = generation.record(*number as u32, *record);
        let text = written.text(generation.time(*record).unwrap());
        *record += 1;
        *bytes += text.len() as u64;
        let json = serde_json::json!({ "message": String::from_utf8_lossy(&text) }).to_string() + "\n";
        outputs.rotated.extend_from_slice(json.as_bytes());
        if written.is_error() {
            outputs.errors.extend_from_slice(json.as_bytes());
        }
        outputs.raw.extend(text);
        records += 1;
    }
    let mut counts = String::new();
    for (total, late, from) in [(records - 3, 2, 0), (1, 0, 10), (1, 0, model.now() + 1000)] {
        let event = serde_json::json!({ "period": "interval", "from": moment(from), "total": total, "late": late });
        writeln!(counts, "{event}").unwrap();
    }
    outputs.counts = counts.into_bytes();
    outputs
}

fn lines(bytes: &[u8]) -> Vec<Vec<u8>> {
    bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

/// What the checker says when the lines of an output have been changed.
fn faults(
    model: &Model,
    outputs: &Outputs,
    of: fn(&mut Outputs) -> &mut Vec<u8>,
    change: impl FnOnce(&mut Vec<Vec<u8>>),
) -> Found {
    let mut outputs = outputs.clone();
    let output = of(&mut outputs);
    let mut changed = lines(output);
    change(&mut changed);
    *output = changed.concat();
    check(model, &outputs)
}

/// The place of a line that must come, and behind which another one of its generation does.
fn place(model: &Model, outputs: &Outputs, random: &mut Random) -> usize {
    let lines = lines(&outputs.raw);
    loop {
        let place = random.below(lines.len() as u64) as usize;
        let tag = Tag::of_whole(lines[place].trim_ascii_end()).unwrap();
        let generation = &model.generations[tag.generation as usize];
        if generation.must == Must::All && tag.line == 0 && tag.number + 1 < generation.whole() {
            return place;
        }
    }
}

#[test]
fn what_is_right_is_found_right() {
    for seed in 0..4 {
        let model = model(seed);
        let outputs = outputs(&model, &mut Random::new(seed));
        let found = check(&model, &outputs);
        assert!(found.faults.is_empty(), "{:#?}", found.faults);
        assert!(found.records > 1000, "{found:?}");
    }
}

#[test]
fn what_is_wrong_is_found() {
    let model = model(7);
    let random = &mut Random::new(7);
    let right = outputs(&model, random);
    let raw: fn(&mut Outputs) -> &mut Vec<u8> = |outputs| &mut outputs.raw;
    let expect = |found: Found, text: &str| {
        assert!(found.faults.iter().any(|fault| fault.contains(text)), "{text}: {:#?}", found.faults);
    };
    for _ in 0..5 {
        let place = place(&model, &right, random);
        expect(faults(&model, &right, raw, |lines| drop(lines.remove(place))), "missing in ");
        expect(faults(&model, &right, raw, |lines| lines.insert(place, lines[place].clone())), "twice or too late");
        expect(faults(&model, &right, raw, |lines| lines.push(lines[place].clone())), "twice or too late");
        expect(faults(&model, &right, raw, |lines| drop(lines[place].drain(5..9))), "torn");
        expect(faults(&model, &right, raw, |lines| lines[place].truncate(20)), "torn");
        expect(faults(&model, &right, raw, |lines| lines[place][12] ^= 1), "torn");
        expect(
            faults(&model, &right, raw, |lines| {
                let line = lines.remove(place);
                lines.push(line);
            }),
            "twice or too late",
        );
    }
    // The end of a generation that nobody destroyed.
    expect(
        faults(&model, &right, raw, |lines| {
            let is_last = |line: &Vec<u8>| {
                let tag = Tag::of_whole(line.trim_ascii_end()).unwrap();
                let generation = &model.generations[tag.generation as usize];
                generation.must == Must::All && tag.line == 0 && tag.number + 1 == generation.whole()
            };
            let place = lines.iter().rposition(is_last).unwrap();
            lines.remove(place);
        }),
        "missing at the end",
    );
    // A line of a record that has several, somewhere else.
    expect(
        faults(&model, &right, raw, |lines| {
            let tag = |line: &[u8]| Tag::of_whole(line.trim_ascii_end()).unwrap();
            let place = (2..lines.len())
                .find(|place| {
                    tag(&lines[*place]).line == 1 && tag(&lines[place - 2]).generation != tag(&lines[*place]).generation
                })
                .unwrap();
            lines.swap(place - 1, place - 2);
        }),
        "parted",
    );
    expect(faults(&model, &right, raw, |lines| lines.last_mut().unwrap().truncate(40)), "middle of a line");
    for of in [|outputs: &mut Outputs| &mut outputs.errors, |outputs: &mut Outputs| &mut outputs.rotated]
        as [fn(&mut Outputs) -> &mut Vec<u8>; 2]
    {
        expect(faults(&model, &right, of, |lines| drop(lines.remove(20))), "should be");
        expect(faults(&model, &right, of, |lines| drop(lines.pop())), "is missing");
        expect(faults(&model, &right, of, |lines| lines.push(lines[3].clone())), "should be");
        expect(faults(&model, &right, of, |lines| lines.swap(4, 9)), "should be");
        expect(faults(&model, &right, of, |lines| lines[7].truncate(30)), "not a line of JSON");
    }
    let counts: fn(&mut Outputs) -> &mut Vec<u8> = |outputs| &mut outputs.counts;
    expect(faults(&model, &right, counts, |lines| drop(lines.remove(0))), "were counted");
    expect(faults(&model, &right, counts, |lines| lines.push(lines[1].clone())), "were counted");
}

/// The bytes that are missing must be those that the program says are lost.
#[test]
fn what_is_lost_must_be_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Writer::new(folder.path());
    let (generation, size) = writer.write_much(100);
    writer.destroy_much();
    writer.model.told_lost.push((generation, size));
    let nothing = Outputs::default();
    assert!(check(&writer.model, &nothing).faults.is_empty());
    writer.model.told_lost[0].1 -= 1;
    let found = check(&writer.model, &nothing);
    assert_eq!(found.faults.len(), 1, "{found:?}");
    assert!(found.faults[0].contains("were told"));
}
