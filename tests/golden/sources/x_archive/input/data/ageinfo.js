window.YTD.ageinfo.part0 = [
  {
    "ageMeta" : {
      "ageInfo" : {
        "age" : [ "33" ],
        "birthDate" : "1991-06-21"
      },
      "inferredAgeInfo" : [ ]
    }
  }
]
