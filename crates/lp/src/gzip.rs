//! gzip as it is found: members one after the other, perhaps padded with zeros, perhaps with something else behind.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;

/// Decompresses the members of a gzip file.
///
/// As `gzip -d` does, it takes zeros behind a member for padding. Anything else that is not a member is an error, told
/// behind all that could be decompressed.
pub(crate) struct GzipMembers<R> {
    member: Option<GzDecoder<BufReader<R>>>,
}

impl<R: Read> GzipMembers<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self { member: Some(GzDecoder::new(BufReader::new(reader))) }
    }
}

impl<R: Read> Read for GzipMembers<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let count = member.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            // The member has ended, and its checksum is right.
            let behind = self.member.take().map(GzDecoder::into_inner);
            if let Some(mut behind) = behind
                && let Some(first) = skip_zeros(&mut behind)?
            {
                if first != 0x1F {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, "something else follows it"));
                }
                self.member = Some(GzDecoder::new(behind));
            }
        }
        Ok(0)
    }
}

/// The first byte that is not zero, which is not taken; `None` at the end.
fn skip_zeros(reader: &mut impl BufRead) -> io::Result<Option<u8>> {
    loop {
        let bytes = match reader.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            bytes => bytes?,
        };
        if bytes.is_empty() {
            return Ok(None);
        }
        let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
        let first = bytes.get(zeros).copied();
        reader.consume(zeros);
        if first.is_some() {
            return Ok(first);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn member(text: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    fn read(bytes: &[u8]) -> (String, Option<String>) {
        let mut text = Vec::new();
        let mut reader = GzipMembers::new(bytes);
        let error = loop {
            let mut byte = [0];
            match reader.read(&mut byte) {
                Ok(0) => break None,
                Ok(_) => text.push(byte[0]),
                Err(error) => break Some(error.to_string()),
            }
        };
        (String::from_utf8(text).unwrap(), error)
    }

    #[test]
    fn members_padding_and_what_else_is_found() {
        let two = [member("one\n"), member(""), member("two\n")].concat();
        assert_eq!(read(&two), ("one\ntwo\n".to_owned(), None));
        assert_eq!(read(&[&two[..], &[0; 20_000]].concat()), ("one\ntwo\n".to_owned(), None));
        assert_eq!(read(&[&two[..], &[0; 512], &member("three")].concat()), ("one\ntwo\nthree".to_owned(), None));
        let (text, error) = read(&[&two[..], b"garbage"].concat());
        assert_eq!((text.as_str(), error.as_deref()), ("one\ntwo\n", Some("something else follows it")));
        let (text, error) = read(&two[..two.len() - 1]);
        assert_eq!(text, "one\ntwo\n");
        assert!(error.is_some());
    }
}
