"""VS of rd1302: units, derived surface, time points, what was not done, baseline [C.4 VS]."""

from __future__ import annotations

from tests.studies.rd1302_domains.domain import domain


def test_each_measurement_is_a_row_in_its_standard_unit():
    """C-RES: 101.3 F is (101.3 - 32) / 1.8 = 38.5 C; 70500 g is 70.5 kg; 150 lb is 68.0389 kg (68.03885 to 6 digits).

    The second page: 39.95 ℃ typed full width; no unit is the unit of the page.
    """
    got = domain(
        "VS",
        VS="""
        Subject | Folder | VSDAT      | VSTIM | TEMP         | TEMP_UNIT | WEIGHT | WEIGHT_UNIT | PULSE | PULSE_UNIT | SYSBP
        01-001  | SCR    | 2024-03-02 | 08:30 | 101.3        | F         | 70500  | g           | 88    | /min       | 120
        01-001  | D28    | 2024-04-12 |       | ３９．９５     | ℃         | 150    | lb          |       |            | x
        """,
    )
    got.shows("""
        VSTESTCD | VSTEST                  | VSORRES | VSORRESU  | VSSTRESC | VSSTRESN | VSSTRESU  | VISITNUM | VISIT            | VISITDY | VSDTC            | VSDY | EPOCH
        PULSE    | Pulse Rate              | 88      | beats/min | 88       | 88       | beats/min | 1        | SCREENING        | -28     | 2024-03-02T08:30 | -13  | SCREENING
        SYSBP    | Systolic Blood Pressure | 120     | mmHg      | 120      | 120      | mmHg      | 1        | SCREENING        | -28     | 2024-03-02T08:30 | -13  | SCREENING
        SYSBP    | Systolic Blood Pressure | x       | mmHg      | x        |          | mmHg      | 11       | DAY 28 (WEEK 4)  | 29      | 2024-04-12       | 29   | TREATMENT
        TEMP     | Temperature             | 101.3   | F         | 38.5     | 38.5     | C         | 1        | SCREENING        | -28     | 2024-03-02T08:30 | -13  | SCREENING
        TEMP     | Temperature             | 39.95   | C         | 39.95    | 39.95    | C         | 11       | DAY 28 (WEEK 4)  | 29      | 2024-04-12       | 29   | TREATMENT
        WEIGHT   | Weight                  | 70500   | g         | 70.5     | 70.5     | kg        | 1        | SCREENING        | -28     | 2024-03-02T08:30 | -13  | SCREENING
        WEIGHT   | Weight                  | 150     | LB        | 68.0389  | 68.0389  | kg        | 11       | DAY 28 (WEEK 4)  | 29      | 2024-04-12       | 29   | TREATMENT
        """)
    got.asks()


def test_an_unknown_unit_gives_no_number_and_is_asked():
    """B-DIRT-11."""
    got = domain(
        "VS",
        VS="""
        Subject | Folder | VSDAT      | WEIGHT | WEIGHT_UNIT
        01-001  | SCR    | 2024-03-02 | 11     | stone
        """,
    )
    got.shows("""
        VSTESTCD | VSORRES | VSORRESU | VSSTRESC | VSSTRESN | VSSTRESU
        WEIGHT   | 11      | STONE    |          |          |
        """)
    assert got.findings[["message", "variable"]].values.tolist() == [
        ["build.extension", "VSORRESU"],
        ["build.no-unit", "VSSTRESN"],
    ]


def test_surface_is_derived_from_height_and_weight_of_one_page():
    """Mosteller: sqrt(180 x 72 / 3600) = sqrt(3.6) = 1.897366..., 6 digits; in cm and kg whatever was typed."""
    got = domain(
        "VS",
        VS="""
        Subject | Folder | VSDAT      | HEIGHT | HEIGHT_UNIT | WEIGHT | WEIGHT_UNIT
        01-001  | SCR    | 2024-03-02 | 1.8    | m           | 72000  | g
        01-001  | D28    | 2024-04-12 |        |             | 70     | kg
        """,
    )
    surface = got.frame[got.frame["VSTESTCD"] == "BSA"]
    assert surface[["VSSTRESC", "VSSTRESN", "VSSTRESU", "VSDRVFL", "VISITNUM"]].values.tolist() == [
        ["1.89737", 1.89737, "m2", "Y", 1.0]
    ]
    assert surface["VSORRES"].isna().all()
    assert got.frame.loc[got.frame["VSTESTCD"] != "BSA", "VSDRVFL"].isna().all()


def test_time_points_of_the_infusion_and_what_was_not_done():
    """C.4 VS: minutes after the start of the infusion that began by that day; NA has no time point. C-ND."""
    got = domain(
        "VS",
        VS="""
        Subject | Folder | PageRepeatNumber | VSDAT      | VSTIM | VSTPT_STD | OXYSAT | O2DEV_STD | VSND
        01-001  | D0     | 0                | 2024-03-15 | 09:50 | PRE       | 98     | 0         |
        01-001  | D0     | 1                | 2024-03-15 | 10:15 | 15M       | 91     | 1         |
        01-001  | D28    | 0                | 2024-04-12 |       | NA        | 97     |           |
        01-001  | W8     | 0                |            |       |           |        |           | 1
        """,
    )
    got.shows("""
        VSTESTCD | VSTEST            | VSORRES | VSSTAT   | VSTPT                           | VSTPTNUM | VSELTM | VSTPTREF          | VSRFTDTC         | VISITNUM
        OXYSAT   | Oxygen Saturation | 98      |          | PRE-INFUSION                    | 0        |        | START OF INFUSION | 2024-03-15T10:00 | 5
        OXYSAT   | Oxygen Saturation | 91      |          | 15 MIN AFTER START OF INFUSION  | 15       | PT15M  | START OF INFUSION | 2024-03-15T10:00 | 5
        OXYSAT   | Oxygen Saturation | 97      |          |                                 |          |        |                   |                  | 11
        VSALL    | Vital Signs       |         | NOT DONE |                                 |          |        |                   |                  | 12
        """)
    got.qualifies("""
        IDVAR | IDVARVAL | QNAM  | QLABEL                 | QVAL          | QORIG
        VSSEQ | 1        | O2DEV | Oxygen Delivery Device | ROOM AIR      | CRF
        VSSEQ | 2        | O2DEV | Oxygen Delivery Device | NASAL CANNULA | CRF
        """)


def test_time_points_of_an_infusion_in_two_records_count_from_the_first():
    """B-DIRT-28: an interrupted infusion; the page after midnight belongs to the infusion of the day before."""
    got = domain(
        "VS",
        INF="""
        Subject | Folder | PageRepeatNumber | INFYN_STD | INFDAT     | INFSTTIM | INFENTIM | INFWT | INFDOSE | INFDOSEU_STD
        01-001  | D0     | 0                | Y         | 2024-03-15 | 22:00    | 22:10    | 70    | 300     | 10^6 cells
        01-001  | D0     | 1                | Y         | 2024-03-15 | 22:30    | 22:40    | 70    | 400     | 10^6 cells
        """,
        VS="""
        Subject | Folder | PageRepeatNumber | VSDAT      | VSTIM | VSTPT_STD | OXYSAT
        01-001  | D0     | 0                | 2024-03-15 | 21:50 | PRE       | 98
        01-001  | D0     | 1                | 2024-03-15 | 22:15 | 15M       | 91
        01-001  | D0     | 2                | 2024-03-16 | 00:00 | 120M      | 97
        """,
    )
    got.shows("""
        VSTPTNUM | VSRFTDTC
        0        | 2024-03-15T22:00
        15       | 2024-03-15T22:00
        120      | 2024-03-15T22:00
        """)


def test_the_last_result_before_the_first_dose_is_flagged():
    """C-LOBX: before lymphodepletion at 2024-03-10T09:00; without a time the same day counts as before."""
    got = domain(
        "VS",
        VS="""
        Subject | Folder | PageRepeatNumber | VSDAT      | VSTIM | PULSE | RESP
        01-001  | SCR    | 0                | 2024-03-02 |       | 70    | 16
        01-001  | LD1    | 0                | 2024-03-10 | 08:59 | 71    |
        01-001  | LD1    | 1                | 2024-03-10 | 09:00 | 72    |
        01-001  | LD1    | 2                | 2024-03-10 |       |       | 17
        """,
    )
    got.shows("""
        VSTESTCD | VSORRES | VSLOBXFL
        PULSE    | 70      |
        PULSE    | 71      | Y
        PULSE    | 72      |
        RESP     | 16      |
        RESP     | 17      | Y
        """)


def test_a_time_point_after_the_infusion_is_not_before_it():
    """C-LOBX: without lymphodepletion the infusion is the first dose; without times the time point decides."""
    got = domain(
        "VS",
        LD="Subject",
        VS="""
        Subject | Folder | PageRepeatNumber | VSDAT      | VSTPT_STD | PULSE
        01-001  | D0     | 0                | 2024-03-15 | PRE       | 70
        01-001  | D0     | 1                | 2024-03-15 | 15M       | 71
        """,
    )
    got.shows("""
        VSORRES | VSTPTNUM | VSLOBXFL
        70      | 0        | Y
        71      | 15       |
        """)


def test_an_unscheduled_visit_has_its_number_and_no_planned_day():
    """C-VISIT: the visit of 2024-04-20 comes after day 28 (11), so 11.1; a page of a folder without visit page as well."""
    got = domain(
        "VS",
        VS="""
        Subject | Folder | InstanceRepeatNumber | VSDAT      | PULSE
        01-001  | UNS    | 0                    | 2024-04-20 | 80
        01-001  | W12    | 0                    | 2024-06-07 | 81
        """,
    )
    got.shows("""
        VSORRES | VISITNUM | VISIT            | VISITDY
        80      | 11.1     | UNSCHEDULED 11.1 |
        81      | 13       | WEEK 12          | 85
        """)
