window.YTD.direct_messages_group.part0 = [
  {
    "dmConversation" : {
      "conversationId" : "1780000000000000050",
      "messages" : [
        { "joinConversation" : { "initiatingUserId" : "9007199254740993", "createdAt" : "2024-04-16T10:00:00.000Z" } },
        { "messageCreate" : { "text" : "hive meeting at six", "mediaUrls" : [ ], "senderId" : "700000000000000004", "id" : "1780000000000000051", "createdAt" : "2024-04-16T10:00:05.000Z" } }
      ]
    }
  }
]
