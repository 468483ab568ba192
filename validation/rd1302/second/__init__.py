"""ADRS and ADTTE of RD13-02 a second time, from the study text alone: plain Python over records.

Nothing of the product is imported. `python -m validation.rd1302.second SDTM ADAM STUDY_YML --out FILE`.
"""
