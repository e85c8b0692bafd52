window.YTD.account.part0 = [
  {
    "account" : {
      "email" : "wren@example.org",
      "createdVia" : "web",
      "username" : "wren_of_lindow",
      "accountId" : "9007199254740993",
      "createdAt" : "2015-03-09T08:15:00.000Z",
      "accountDisplayName" : "Wren"
    }
  }
]
