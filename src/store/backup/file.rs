//! The file of a backup: lines of JSON, compressed with gzip.
//!
//! ```text
//! {"format":"taskwire backup","version":1,"taskwire":"0.2.0","schema":13,"at":"2026-11-28T10:00:00.000Z","secrets":false}
//! {"table":{"name":"people","columns":["id","name",…]}}
//! ["0198…","Ana",…]
//! …
//! {"end":{"rows":{"people":1,…},"sha256":"…"}}
//! ```
//!
//! The last line has the SHA-256 of all lines before it. So a file that was cut off or altered is recognised, whatever compressed it.

use std::{
    collections::BTreeMap,
    io::{self, BufRead, BufReader, BufWriter, Read, Write},
};

use app::time::Timestamp;
use flate2::{Compression, bufread::GzDecoder, write::GzEncoder};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    BackupError,
    tables::{Column, Kind, Table, tables_in},
};
use crate::store::{migrations, sql::Value};

/// What the first line says it is.
const FORMAT: &str = "taskwire backup";
/// The version of the format. A version that an older Taskwire could not read gets a higher number.
const VERSION: u32 = 1;
/// The most bytes of a line: more than any row needs, and few enough for memory, whatever the file is.
const LONGEST_LINE: usize = 1 << 28;
/// The most bytes of the first line.
const LONGEST_HEADER: usize = 1 << 16;
/// The first bytes of a file that was compressed with gzip.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// The first line of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    format: String,
    version: u32,
    /// The version of Taskwire that made it.
    pub taskwire: String,
    /// The version of the schema of the database that it was made of.
    pub schema: i64,
    /// The moment at which it shows that database.
    pub at: Timestamp,
    /// Whether passwords, sessions, tokens, links and the installation's key are in it.
    pub secrets: bool,
}

impl Header {
    /// The header of a backup that this program makes now.
    pub fn new(schema: i64, at: Timestamp, secrets: bool) -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            taskwire: env!("CARGO_PKG_VERSION").to_owned(),
            schema,
            at,
            secrets,
        }
    }
}

/// What every version of the format begins with.
#[derive(Deserialize)]
struct AnyHeader {
    format: String,
    version: u32,
    taskwire: String,
}

/// The lines between and after the rows.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Mark {
    /// The rows of a table follow.
    Table { name: String, columns: Vec<String> },
    /// Nothing follows.
    End { rows: BTreeMap<String, u64>, sha256: String },
}

/// A value in a row.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cell {
    /// An integer.
    Number(i64),
    /// Text.
    Text(String),
    /// Nothing.
    Null,
}

/// Writes a backup.
pub struct Writer<W: Write> {
    gzip: GzEncoder<BufWriter<W>>,
    hash: Sha256,
    line: Vec<u8>,
    rows: BTreeMap<String, u64>,
    in_table: u64,
}

impl<W: Write> Writer<W> {
    /// Begins with the first line.
    pub fn begin(out: W, header: &Header) -> Result<Self, BackupError> {
        let gzip = GzEncoder::new(BufWriter::new(out), Compression::default());
        let mut writer = Self { gzip, hash: Sha256::new(), line: Vec::new(), rows: BTreeMap::new(), in_table: 0 };
        writer.line(header)?;
        Ok(writer)
    }

    /// Begins a table.
    pub fn table(&mut self, table: &Table, columns: &[&Column]) -> Result<(), BackupError> {
        let columns = columns.iter().map(|column| column.name.to_owned()).collect();
        self.line(&Mark::Table { name: table.name.to_owned(), columns })
    }

    /// Writes a row of the table that was begun last.
    pub fn row(&mut self, row: &[Cell]) -> Result<(), BackupError> {
        self.in_table += 1;
        self.line(row)
    }

    /// Ends a table.
    pub fn end_table(&mut self, table: &Table) {
        self.rows.insert(table.name.to_owned(), std::mem::take(&mut self.in_table));
    }

    /// Writes the last line. Returns how many rows of each table there are.
    pub fn end(mut self) -> Result<BTreeMap<String, u64>, BackupError> {
        let sha256 = hex(std::mem::take(&mut self.hash));
        self.line(&Mark::End { rows: self.rows.clone(), sha256 })?;
        let finished = self.gzip.finish().and_then(|mut out| out.flush());
        finished.map_err(BackupError::Write)?;
        Ok(self.rows)
    }

    fn line(&mut self, line: &(impl Serialize + ?Sized)) -> Result<(), BackupError> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, line).map_err(|error| BackupError::Write(error.into()))?;
        self.line.push(b'\n');
        if self.line.len() > LONGEST_LINE {
            return Err(BackupError::TooLong(self.line.len()));
        }
        self.hash.update(&self.line);
        self.gzip.write_all(&self.line).map_err(BackupError::Write)
    }
}

/// Reads a backup.
pub struct Reader<R: Read> {
    lines: BufReader<GzDecoder<BufReader<R>>>,
    hash: Sha256,
    line: Vec<u8>,
    /// How many lines were read.
    number: u64,
    header: Header,
    /// The tables that are still to come.
    expected: std::vec::IntoIter<&'static Table>,
    columns: Vec<&'static Column>,
    table: Option<&'static Table>,
    in_table: u64,
    rows: BTreeMap<String, u64>,
    has_ended: bool,
}

/// What comes next in a backup.
pub enum Item {
    /// Rows of this table.
    Table(&'static Table, Vec<&'static Column>),
    /// A row of the last table.
    Row(Vec<Value>),
    /// Nothing: all of it was read, and is as it was written.
    End(BTreeMap<String, u64>),
}

impl<R: Read> Reader<R> {
    /// Reads the first line.
    pub fn open(file: R) -> Result<Self, BackupError> {
        let mut file = BufReader::new(file);
        match file.fill_buf().map_err(BackupError::Read)? {
            [] => return Err(BackupError::Empty),
            bytes if !bytes.starts_with(&GZIP[..bytes.len().min(GZIP.len())]) => return Err(BackupError::Foreign),
            _ => {}
        }
        let header = Header::new(0, Timestamp::from_millis(0), false);
        let mut reader = Self {
            lines: BufReader::new(GzDecoder::new(file)),
            hash: Sha256::new(),
            line: Vec::new(),
            number: 0,
            header,
            expected: Vec::new().into_iter(),
            columns: Vec::new(),
            table: None,
            in_table: 0,
            rows: BTreeMap::new(),
            has_ended: false,
        };
        match reader.next_line(LONGEST_HEADER) {
            Ok(true) => {}
            Ok(false) | Err(BackupError::Altered(_)) => return Err(BackupError::Foreign),
            Err(error) => return Err(error),
        }
        let any: AnyHeader = serde_json::from_slice(&reader.line).map_err(|_| BackupError::Foreign)?;
        if any.format != FORMAT {
            return Err(BackupError::Foreign);
        }
        if any.version > VERSION {
            return Err(BackupError::NewerFormat { taskwire: any.taskwire });
        }
        let header: Header = serde_json::from_slice(&reader.line).map_err(|error| reader.altered(error))?;
        if header.schema > *migrations::NEWEST {
            let (theirs, ours) = (header.schema, *migrations::NEWEST);
            return Err(BackupError::NewerSchema { taskwire: header.taskwire, theirs, ours });
        }
        reader.expected = tables_in(header.schema, header.secrets).collect::<Vec<_>>().into_iter();
        reader.header = header;
        reader.hash.update(&reader.line);
        Ok(reader)
    }

    /// The first line.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// How many rows were read.
    pub fn rows_so_far(&self) -> u64 {
        self.rows.values().sum::<u64>() + self.in_table
    }

    /// Whether all of it was read, and is as it was written.
    pub fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// Reads on.
    pub fn next_item(&mut self) -> Result<Item, BackupError> {
        if !self.next_line(LONGEST_LINE)? {
            return Err(BackupError::Truncated);
        }
        if self.line.starts_with(b"[") {
            self.hash.update(&self.line);
            return self.row().map(Item::Row);
        }
        match serde_json::from_slice(&self.line).map_err(|error| self.altered(error))? {
            Mark::Table { name, columns } => {
                self.hash.update(&self.line);
                self.table(&name, &columns)
            }
            Mark::End { rows, sha256 } => self.end(rows, &sha256).map(Item::End),
        }
    }

    fn row(&mut self) -> Result<Vec<Value>, BackupError> {
        let cells: Vec<Cell> = serde_json::from_slice(&self.line).map_err(|error| self.altered(error))?;
        if cells.len() != self.columns.len() {
            return Err(self.altered("a row does not have the columns of its table"));
        }
        let value = |(cell, column): (Cell, &&Column)| match (column.kind, cell) {
            (Kind::Number, Cell::Number(number)) => Some(Value::Number(Some(number))),
            (Kind::Number, Cell::Null) => Some(Value::Number(None)),
            (Kind::Text, Cell::Text(text)) => Some(Value::Text(Some(text))),
            (Kind::Text, Cell::Null) => Some(Value::Text(None)),
            _ => None,
        };
        let values: Option<Vec<Value>> = cells.into_iter().zip(&self.columns).map(value).collect();
        self.in_table += 1;
        values.ok_or_else(|| self.altered("a value is not of the kind of its column"))
    }

    fn table(&mut self, name: &str, columns: &[String]) -> Result<Item, BackupError> {
        self.end_table();
        let Some(table) = self.expected.next().filter(|table| table.name == name) else {
            return Err(self.altered(format_args!("the table {name} is not expected here")));
        };
        self.columns = table.columns_in(self.header.schema);
        if !self.columns.iter().map(|column| column.name).eq(columns.iter().map(String::as_str)) {
            return Err(self.altered(format_args!("the table {name} has other columns than expected")));
        }
        self.table = Some(table);
        Ok(Item::Table(table, self.columns.clone()))
    }

    fn end_table(&mut self) {
        if let Some(table) = self.table.take() {
            self.rows.insert(table.name.to_owned(), std::mem::take(&mut self.in_table));
        }
    }

    fn end(&mut self, rows: BTreeMap<String, u64>, sha256: &str) -> Result<BTreeMap<String, u64>, BackupError> {
        self.end_table();
        if hex(std::mem::take(&mut self.hash)) != sha256 {
            return Err(BackupError::Altered("its checksum does not match".to_owned()));
        }
        if rows != self.rows || self.expected.next().is_some() {
            return Err(BackupError::Altered("it does not have the rows that it says it has".to_owned()));
        }
        // Only at its end, gzip compares its own checksum.
        if self.next_line(LONGEST_LINE)?
            || !self.lines.get_mut().get_mut().fill_buf().map_err(BackupError::Read)?.is_empty()
        {
            return Err(BackupError::Altered("something follows its end".to_owned()));
        }
        self.has_ended = true;
        Ok(rows)
    }

    /// Reads a line. Returns whether there was one.
    fn next_line(&mut self, longest: usize) -> Result<bool, BackupError> {
        self.line.clear();
        let read = (&mut self.lines).take(longest as u64).read_until(b'\n', &mut self.line);
        self.number += 1;
        let length = read.map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => BackupError::Truncated,
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => self.altered(error),
            _ => BackupError::Read(error),
        })?;
        match (length, self.line.last()) {
            (0, _) => Ok(false),
            (_, Some(b'\n')) => Ok(true),
            _ => Err(self.altered("it does not end")),
        }
    }

    fn altered(&self, why: impl std::fmt::Display) -> BackupError {
        BackupError::Altered(format!("line {}: {why}", self.number))
    }
}

fn hex(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
