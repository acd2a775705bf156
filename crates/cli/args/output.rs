//! The flags that say what goes out, and in which form.

use clap::{Args, ValueEnum};
use lp::Shape;
use lp::encode::Encoding;

/// What goes out, and in which form.
#[derive(Args, Debug)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// The form of the output
    #[arg(short = 'o', long = "output", value_enum, default_value_t = Form::Json, value_name = "FORM")]
    pub(crate) form: Form,

    #[command(flatten)]
    pub(crate) columns: ColumnArgs,
}

/// What of a record goes out.
#[derive(Args, Debug)]
#[command(next_help_heading = "Output")]
pub(crate) struct ColumnArgs {
    /// Write only these fields, in this order, such as timestamp,path,status_code
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    fields: Vec<String>,

    /// Leave escapes in the text (\xHH, \", \\) as they were logged
    #[arg(long)]
    pub(crate) no_decode: bool,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    /// A JSON object a line
    Json,
    /// Lines for people
    Text,
    /// key=value
    Logfmt,
    /// Comma-separated values with a line of names
    Csv,
    /// Tab-separated values with a line of names
    Tsv,
    /// The records as they were logged; controls in them are passed on
    Raw,
}

impl Form {
    pub(crate) const fn encoding(self) -> Encoding {
        match self {
            Self::Json => Encoding::Json,
            Self::Text => Encoding::Text,
            Self::Logfmt => Encoding::Logfmt,
            Self::Csv => Encoding::Csv,
            Self::Tsv => Encoding::Tsv,
            Self::Raw => Encoding::Raw,
        }
    }
}

impl ColumnArgs {
    /// Whether certain fields are asked for.
    pub(crate) const fn has_fields(&self) -> bool {
        !self.fields.is_empty()
    }

    /// The fields that are asked for; all, if none are.
    pub(crate) fn shape(&self) -> Shape {
        if !self.has_fields() {
            return Shape::new();
        }
        Shape::new().select(self.fields.iter().map(|field| (field.trim().to_owned(), field.trim().to_owned())))
    }
}
