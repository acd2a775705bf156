//! Once its buffers have grown, the core allocates nothing.

use lp_core::encode::{JsonEncoder, Output};
use lp_core::format::access::Access;
use lp_core::{Batch, Format, Level};

#[test]
fn nothing_is_allocated_for_a_record() {
    let log = corpus::access::generate(1, 1 << 20);
    let mut formats: Vec<Access> = Level::available().map(|level| Access::combined().with_level(level)).collect();
    formats.push(Access::combined().careful());
    for format in formats {
        let encoder = JsonEncoder::new(format.schema());
        let (mut batch, mut output) = (Batch::new(), Output::new());
        let mut run = || {
            format.parse(&log, &mut batch);
            output.clear();
            encoder.encode(&batch, &log, &mut output)
        };
        let first = allocation_counter::measure(|| assert!(run() > 5000));
        assert!(first.count_total > 0, "the buffers grow, and the counter counts");
        let second = allocation_counter::measure(|| assert!(run() > 5000));
        assert_eq!(second.count_total, 0, "{format:?}");
    }
}
