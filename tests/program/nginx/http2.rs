//! Just enough HTTP/2 to send one request.
//!
//! Header values are bytes with a length here: nginx logs some that HTTP/1 cannot carry, such as a
//! user agent with spaces around it.

/// The whole connection: preface, empty settings, one request without a body.
pub(crate) fn request(method: &[u8], path: &[u8], headers: &[(&[u8], &[u8])]) -> Vec<u8> {
    let pseudo: [(&[u8], &[u8]); 4] =
        [(b":method", method), (b":path", path), (b":scheme", b"http"), (b":authority", b"localhost")];
    let mut block = Vec::new();
    for (name, value) in pseudo.iter().chain(headers) {
        block.push(0); // A literal name and a literal value, not to be remembered.
        push_string(&mut block, name);
        push_string(&mut block, value);
    }

    const SETTINGS: u8 = 4;
    const HEADERS: u8 = 1;
    const END_STREAM_AND_HEADERS: u8 = 1 | 4;
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    push_frame(&mut bytes, SETTINGS, 0, 0, b"");
    push_frame(&mut bytes, HEADERS, END_STREAM_AND_HEADERS, 1, &block);
    bytes
}

fn push_string(block: &mut Vec<u8>, string: &[u8]) {
    let length = u8::try_from(string.len()).unwrap();
    assert!(length < 127, "longer strings need a longer length");
    block.push(length);
    block.extend_from_slice(string);
}

fn push_frame(bytes: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    bytes.extend_from_slice(&length[1..]);
    bytes.extend_from_slice(&[kind, flags]);
    bytes.extend_from_slice(&stream.to_be_bytes());
    bytes.extend_from_slice(payload);
}
