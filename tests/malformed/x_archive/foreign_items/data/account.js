window.YTD.account.part0 = [ { "account" : { "username" : "wren", "accountId" : "12", "createdAt" : "2015-03-09T08:15:00.000Z" } } ]
