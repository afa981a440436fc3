"""A file that cannot be read as it comes is refused with the very option that reads it, and read with that option."""

from __future__ import annotations

import codecs
import shlex

import pytest

from workbench.errors import DataError, UsageError
from workbench.ingest import ReadOptions, import_source, parse_header, preview, refresh
from workbench.ingest.encodings import guesses, likeliest
from workbench.ingest.textlines import LineMap

PEOPLE = "id,name\n1,été\n2,Müller\n"
NAMES = [(1, "été"), (2, "Müller")]


@pytest.fixture
def offered(lake, tmp_path, rows):
    """Import a text that is refused, with the options that the refusal proposes: ``offered("…", "--comment '#'")``."""

    def offered(content: str | bytes, proposal: str, *, file: str = "t.csv", line: int | None = None):
        path = tmp_path / file
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(DataError) as refused:
            import_source(lake, "t", path, author="tester")
        error = refused.value
        options = ReadOptions.from_dict(error.options)
        assert options.arguments() == tuple(shlex.split(proposal))
        assert proposal in error.hint and file in error.source
        if line is not None:
            assert error.line == line
        return rows(import_source(lake, "t", path, options=options, author="tester"))

    return offered


@pytest.mark.parametrize(
    ("content", "proposal", "line", "stored"),
    [
        (PEOPLE.encode("latin-1"), "--encoding cp1252", 2, NAMES),
        (PEOPLE.encode("utf-16"), "--encoding utf-16", None, NAMES),
        (PEOPLE.encode("utf-16-le"), "--encoding utf-16-le", None, NAMES),
        (codecs.BOM_UTF16_BE + PEOPLE.encode("utf-16-be"), "--encoding utf-16", None, NAMES),
        (PEOPLE.encode("utf-32"), "--encoding utf-32", None, NAMES),
        (PEOPLE.encode("utf-32-be"), "--encoding utf-32-be", None, NAMES),
        ("id,name\n1,Привет мир\n".encode("cp1251"), "--encoding cp1251", 2, [(1, "Привет мир")]),
        ("id,name\n1,東京タワーです\n2,カタカナ\n".encode("shift_jis"), "--encoding shift_jis", 2,
         [(1, "東京タワーです"), (2, "カタカナ")]),
        ("id,name\n1,中国人民银行\n2,我们的数据\n".encode("gb18030"), "--encoding gb18030", 2,
         [(1, "中国人民银行"), (2, "我们的数据")]),
        ("Report of sales\n\nid,name\n1,a\n", "--skip-rows 2", 1, [(1, "a")]),
        ("# made by X\n# 2026\nid,name\n1,a\n# end\n2,b\n", "--comment '#'", 1, [(1, "a"), (2, "b")]),
        ("id,name\n1,a\n# a remark, with a comma, or two\n2,b\n", "--comment '#'", 3, [(1, "a"), (2, "b")]),
        ("\nid,name\n1,a\n", "--skip-rows 1", 1, [(1, "a")]),
        ("id,name,v\n1,a,2\n2,b,3\nTotal,,5\nSource: ministry\n", "--skip-rows -2", 5, [(1, "a", 2), (2, "b", 3)]),
        ("id,name,x\n1,a,2\n2,b\n3,c,4\n", "--ragged-rows fill", 3, [(1, "a", 2), (2, "b", None), (3, "c", 4)]),
        ("name\nx,\n,\n\nplain\n", "--delimiter none", 1, [("x,",), (",",), (None,), ("plain",)]),
        ('a,b\n1,"say \\"hi\\", you"\n2,c\n', "--escape '\\'", 2, [(1, 'say "hi", you'), (2, "c")]),
        ('a\tb\n1\t"12 inch\n2\tx\n', "--quote none", 2, [(1, '"12 inch'), (2, "x")]),
        ("a,,\n1,2,3\n", "--header unique", None, [(1, 2, 3)]),
        ("a,b,a\n1,2,3\n", "--header unique", None, [(1, 2, 3)]),
        ("1,1,2\n3,4,5\n", "--header no", None, [(1, 1, 2), (3, 4, 5)]),
        ("Report,,\nid,name,x\n1,a,2\n", "--skip-rows 1", None, [(1, "a", 2)]),
        ('id, "name"\n1, "a, b"\n', "--trim yes", 1, [(1, "a, b")]),
        ('a,b\n1,"2.3" \n', "--trim yes", 2, [(1, 2.3)]),
        (
            "Umsätze\n\nid;name;x\n1;Müller;2\n2;b\nSumme: 3\n".encode("utf-16"),
            "--encoding utf-16 --skip-rows 2 --skip-rows -1 --ragged-rows fill", None,
            [(1, "Müller", 2), (2, "b", None)],
        ),
    ],
)  # fmt: skip
def test_the_refusal_names_the_option_that_reads_the_file(offered, content, proposal, line, stored):
    assert offered(content, proposal, line=line) == stored


def test_several_encodings_are_shown_with_what_they_make_of_a_line(lake, tmp_path):
    (tmp_path / "t.csv").write_bytes("id,naïve\n1,naïve café\n".encode("cp1252"))
    with pytest.raises(DataError, match='--encoding cp1252 a line of it reads "id,naïve"') as refused:
        import_source(lake, "t", tmp_path / "t.csv", author="tester")
    assert '--encoding cp1250 a line of it reads "id,naďve"' in refused.value.hint
    assert refused.value.options == {}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.jsonl", '{"id":1,"x":"groß"}\n{"id":2,"x":"Käse"}\n'),
        ("t.json", '[{"id":1,"x":"groß"},\n{"id":2,"x":"Käse"}]'),
    ],
)
def test_json_that_is_not_utf8_is_refused_with_the_encoding_that_reads_it(lake, tmp_path, name, content):
    (tmp_path / name).write_bytes(content.encode("latin-1"))
    with pytest.raises(DataError, match="--encoding cp1252") as refused:
        import_source(lake, "t", tmp_path / name, author="tester")
    assert refused.value.options == {"encoding": "cp1252"}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"id,name\n1,\xc3\xa9t\xc3\xa9\n2,M\xfcller\n", "line 3: byte 0xfc.*\n.*No one encoding reads the whole file"),
        (b"a,b\n1,2,3\n4,5,6\n7,8\n", "line 2: expected 2 fields"),
        (b"a,b\n1,2\r\n3,4\n", "line ends with CR LF"),
        (b"a,b\n1,\x00\n", "NUL byte"),
    ],
)
def test_where_no_option_helps_none_is_proposed(load, content, says):
    with pytest.raises(DataError, match=says) as refused:
        load(content)
    assert refused.value.options == {}


def test_lines_are_those_of_the_file_itself(load):
    text = "made by X\n# a\nid,name\n1,a\n# b\n\n1,b\n2,c,d\n"
    options = {"skip_rows": 1, "comment": "#"}
    with pytest.raises(DataError, match="line 8: expected 2 fields"):
        load(text, options=ReadOptions(**options))
    with pytest.raises(DataError, match=r"1 \(lines 4, 7\)"):
        load(text.replace("2,c,d\n", ""), key=("id",), options=ReadOptions(**options))
    with pytest.raises(DataError, match=r"1 \(lines 4, 7\)"):
        load(text.replace("2,c,d\n", ""), key=("id",), options=ReadOptions(**options, trim="yes"))
    moved = LineMap(LineMap(None, [1], [4]), [3], [5])
    assert [moved(line) for line in (1, 2, 3, 4)] == [4, 5, 8, 9]


@pytest.mark.parametrize(
    ("text", "options", "names", "stored"),
    [
        ("1,a\n2,b\n", {"header": "no"}, ["column_1", "column_2"], [(1, "a"), (2, "b")]),
        ("1,a\n2,b\n", {"header": ("id", "name")}, ["id", "name"], [(1, "a"), (2, "b")]),
        ("x,y\n1,a\n", {"header": ("id", "name"), "skip_rows": 1}, ["id", "name"], [(1, "a")]),
        ("by X\n\nid,name\n1,a\n", {"header": "3"}, ["id", "name"], [(1, "a")]),
        (",sales,\nid,2020,2021\n1,2,3\n", {"header": "1-2"}, ["id", "sales 2020", "2021"], [(1, 2, 3)]),
        ("a,,a,\n1,2,3,4\n", {"header": "unique"}, ["a", "column_2", "a_2", "column_4"], [(1, 2, 3, 4)]),
        ("a;b\n1,5;2\n", {"delimiter": ";"}, ["a", "b"], [("1,5", 2)]),
        ("a~b\n1~'2~3'\n", {"delimiter": "~", "quote": "'"}, ["a", "b"], [(1, "2~3")]),
        ("a\tb\n1\t2\n", {"delimiter": "tab"}, ["a", "b"], [(1, 2)]),
        (" a , b\n 1 ,  x \n\"\",\" \"\n", {"trim": "yes"}, ["a", "b"], [("1", "x"), ("", "")]),
        ("a,b\n\"\",\n", {"ragged": "fill"}, ["a", "b"], [("", None)]),
        ("a,b\n1,x\\,y\n2,\\\\\n", {"escape": "\\"}, ["a", "b"], [(1, "x,y"), (2, "\\")]),
        ("a,b\n1,\"x\n# no comment\"\n#one\n", {"comment": "#"}, ["a", "b"], [(1, "x\n# no comment")]),
        ("a,b\n1,2,\n3,4,\n", {}, ["a", "b"], [(1, 2), (3, 4)]),
        ("a,b\n1,2,\n3\n", {"ragged": "fill"}, ["a", "b"], [(1, 2), (3, None)]),
        ("a,b\n1,2\n", {"encoding": "utf-8"}, ["a", "b"], [(1, 2)]),
        ('"sep=;"\nid;x\n1;2\n', {}, ["id", "x"], [(1, 2)]),
        ("sep=;\nid,x\n1,2\n", {"delimiter": ","}, ["id", "x"], [(1, 2)]),
    ],
)  # fmt: skip
def test_options_do_what_they_say(load, rows, kinds, text, options, names, stored):
    version = load(text, options=ReadOptions(**options))
    assert list(kinds(version)) == names and rows(version) == stored


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"encoding": "klingon"}, "'klingon' is no encoding"),
        ({"encoding": "base64"}, "'base64' is no encoding"),
        ({"delimiter": "::"}, "not one character"),
        ({"header": "maybe"}, "none of yes, no"),
        ({"header": "3-2"}, "ends before it begins"),
        ({"ragged": "cut"}, "refuse or fill"),
        ({"trim": "both"}, "yes or no"),
        ({"skip_rows": -1}, "counted from 0"),
        ({"sheet": "x"}, "--sheet means nothing for text.\n.*Excel"),
        ({"records": "x"}, "--records means nothing for text.\n.*JSON"),
    ],
)
def test_options_that_mean_nothing(load, options, says):
    with pytest.raises(UsageError, match=says):
        load("a\n1\n", options=ReadOptions(**options))


def test_more_names_than_fields_and_more_skipped_than_there_is(load):
    with pytest.raises(DataError, match="3 names are given, and there are 2 fields"):
        load("1,2\n", options=ReadOptions(header=("a", "b", "c")))
    with pytest.raises(DataError, match="there are no lines left"):
        load("1,2\n", options=ReadOptions(skip_rows=5))
    with pytest.raises(DataError, match="line 2: byte 0x81 is not cp1252"):
        load(b"a\n\x81\n", options=ReadOptions(encoding="cp1252"))


def test_the_dataset_remembers_how_its_source_is_read_and_a_refresh_can_say_otherwise(lake, tmp_path, rows):
    path = tmp_path / "t.csv"
    path.write_bytes("by X\nid;name\n1;é\n".encode("cp1252"))
    options = ReadOptions(encoding="cp1252", skip_rows=1)
    first = import_source(lake, "t", path, key=("id",), options=options, author="tester")
    assert ReadOptions.from_dict(first.definition.reading) == options
    path.write_bytes("by X\nid;name\n1;ü\n2;ö\n".encode("cp1252"))
    assert refresh(lake, "t", author="tester").updated_cells == 1
    assert rows() == [(1, "ü"), (2, "ö")]
    path.write_text("by X\non Monday\nid;name\n1;ä\n", encoding="utf-8")
    refresh(lake, "t", options=ReadOptions(encoding="utf-8", skip_rows=2), author="tester")
    assert rows() == [(1, "ä"), (2, "ö")]
    (tmp_path / "t.jsonl").write_text('{"id": 2, "name": "x"}\n')
    refresh(lake, "t", tmp_path / "t.jsonl", author="tester")
    assert rows() == [(1, "ä"), (2, "x")]
    with pytest.raises(UsageError, match="--comment means nothing for JSON"):
        refresh(lake, "t", tmp_path / "t.jsonl", options=ReadOptions(comment="#"), author="tester")


def test_a_preview_reads_with_options_and_tells_notes(lake, tmp_path):
    (tmp_path / "t.csv").write_text("sep=;\nid; name\n1;a\n")
    seen = preview(lake, str(tmp_path / "t.csv"), options=ReadOptions(trim="yes"))
    assert seen.names == ("id", "name") and "names the delimiter ';'" in seen.notes[0]
    assert "which was kept; --trim yes" in preview(lake, str(tmp_path / "t.csv")).notes[1]


def test_headers_on_the_command_line():
    assert parse_header("3-4") == "3-4" and parse_header("id, name") == ("id", "name")
    for names in (("no",), ("3",), ("a,b", 'c"d'), ("", "x")):
        argument = ReadOptions(header=names).arguments()[1]
        assert parse_header(argument) == names


def test_an_encoding_is_told_from_how_it_reads(tmp_path):
    for text, encoding in (
        ("Prénom\nNoël, façade, garçon à l'école", "cp1252"),
        ("Grüße aus Köln – 5 € für alle", "cp1252"),
        ("n;Art;Größe\n1;a;2", "cp1252"),
        ("n;Art;Île;Sex\n1;Adelie;Torg;männlich\n2;Adelie;Torg;weiblich", "cp1252"),
        ("id;NAME\n1;MÜLLER\n2;JÄGER\n3;GRÖSSE", "cp1252"),
        ("id;Straße;Ort\n1;Hauptstraße 5;Köln\n2;Schloßallee 1;München", "cp1252"),
        ("id;Temp °C;Fläche m²\n1;20 °C;5", "cp1252"),
        ("id;text\n1;it’s “fine” – really\n2;50 €", "cp1252"),
        ("id;navn;by\n1;Søren;Århus\n2;Åse;Ærø", "cp1252"),
        ("id;ação;não\n1;São João;Conceição", "cp1252"),
        ("id;imię;miasto\n1;Łukasz;Łódź\n2;Małgorzata;Kraków", "cp1250"),
        ("id;jméno;město\n1;Jiří;Plzeň\n2;Šárka;České Budějovice", "cp1250"),
        ("ид;имя;город\n1;Иван;Москва\n2;Мария;Казань", "cp1251"),
        ("id,city\n1,Москва", "cp1251"),
        ("Привет, как дела? Город", "koi8_r"),
        ("ид;имя;город\n1;Иван;Москва", "cp866"),
        ("番号,名前,都市\n1,田中,東京\n2,鈴木,大阪", "shift_jis"),
        ("番号,名前,都市\n1,田中,東京\n2,鈴木,大阪", "euc_jp"),
        ("id,city\n1,東京", "shift_jis"),
        ("编号,姓名,城市\n1,王伟,北京\n2,李娜,上海", "gbk"),
        ("id,product\n1,iPhone手机\n2,USB线", "gbk"),
        ("한국어 데이터 품질", "cp949"),
        ("Crème brûlée à l'été", "cp850"),
        ("id;Größe\n1;männlich\n2;Straße", "mac_roman"),
        ("中文資料品質檢查", "big5"),
    ):
        (tmp_path / "t").write_bytes(text.encode(encoding))
        known = guesses(tmp_path / "t")
        assert text.encode(str(likeliest(known)), errors="replace") == text.encode(encoding), (text, known)
